// Load a file in five steps: file, what was found, mapping, rehearsal, load. Nothing is written before the last press, and that can be undone.
import { config, symbolUrl } from "../config.js";
import { add, button, el, fill, icon } from "../dom.js";
import { focusLost } from "../focus.js";
import { number } from "../format.js";
import { comparison, problemList, problemRows } from "../load/fates.js";
import { missingChoice, sameFile } from "../load/known.js";
import { ENCODINGS, datumButtons, findings, mapping, otherEncoding } from "../load/findings.js";
import { quoted, tooLarge } from "../load/sending.js";
import { Marks } from "../load/marks.js";
import { Session } from "../load/session.js";
import { sublayerChoice } from "../load/sublayers.js";
import { askForSystem, systemName } from "../load/systems.js";
import { refused, section, sectionHead } from "../panel.js";
import { factLayers, setAside, state, takeBack } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { pictureOf } from "./imagery.js";
import { lost } from "./loads.js";

const STEPS = /** @type {const} */ (["file", "found", "mapping", "rehearsal", "load"]);
const SAID_ELSEWHERE = new Set(["places-shifted", "column-unmatched", "encoding-contradicted", "cpg-unreadable"]);
const ASKED = new Set(["crs", "encoding", "sublayer", "datum", "map", "angles"]); // what a refusal may be about that a person can tell
const NO_ANSWER = new Set(["datum-without-parameters", "crs-no-way"]); // no choice of ours helps: the keeper has to convert it
/** How far the bar is at each stage; up to the first it follows the bytes sent. @type {Record<string, number>} */
const FAR = { waiting: 0.3, reading: 0.4, placing: 0.56, matching: 0.72, comparing: 0.88 };
const LEAST_ALIKE = 3; // characters that a file's name and a layer's share before one is taken for the other

/** @typedef {{card: (layer: string, id: string) => void, layers: () => Promise<void>, view: import("../map/view.js").MapView, main: HTMLElement, records: () => void, record: (id: string) => void, definitions: (() => void) | null, picture: ((file: File) => void) | null}} Acts */

/** @param {import("../panel.js").Panel} panel @param {Acts} act @param {File[]} [files] dropped or pasted */
export function loadPanel(panel, act, files) {
  new Loading(panel, act).start(files || []);
}

class Loading {
  /** @param {import("../panel.js").Panel} panel @param {Acts} act */
  constructor(panel, act) {
    this.panel = panel;
    this.act = act;
    this.session = new Session();
    /** @type {Marks | null} */
    this.marks = null;
    this.done = false;
  }

  /** @param {File[]} files */
  start(files) {
    this.enter();
    this.session.take(files);
    const guess = alike(files[0]?.name || "");
    if (files.length && guess && !tooLarge(files, "")) {
      this.session.layer = guess;
      this.examine();
    } else this.choosing();
  }

  /** The map gives way: the tree folds to its rail, the panel is wide. */
  enter() {
    this.panel.leave(); // a rehearsal that this one follows gives the room back first
    const rail = document.getElementById("left")?.classList.contains("rail");
    this.giveBack = () => {
      if (!this.panel.element.classList.contains("rehearsal")) return;
      this.panel.element.classList.remove("rehearsal");
      if (!rail) dispatchEvent(new CustomEvent("onemap:rail", { detail: false }));
      this.act.view.size();
    };
    this.leave = () => {
      this.session.leave();
      this.unmark();
      this.giveBack?.();
    };
    this.panel.element.classList.add("rehearsal");
    this.makeRoom = () => {
      if (!rail) dispatchEvent(new CustomEvent("onemap:rail", { detail: true }));
      if (focusLost()) this.panel.focus();
    };
  }

  unmark() {
    this.marks?.remove();
    this.marks = null;
    takeBack();
  }

  get layer() {
    return state.layers.get(this.session.layer);
  }

  /** @param {number} step @param {string} [meta] */
  open(step, meta) {
    const { session } = this;
    const name = this.layer ? say(this.layer.label) : session.label;
    const size = session.size < 1024 * 1024 ? `${Math.max(1, Math.round(session.size / 1024))} KB` : `${(session.size / 1048576).toFixed(1)} MB`;
    const about = session.files.length ? [session.name, size, session.files.length > 1 ? t("load.files", { n: session.files.length }) : ""].filter(Boolean).join(" · ") : "";
    const opened = this.panel.open({ kind: "load", left: this.leave, picture: symbolUrl("stock", "base"), title: step > 0 && !this.done ? t("load.titleFor", { layer: name }) : t("load.title"), meta: [about, meta || t("load.nothingYet")].filter(Boolean).join(" · ") });
    this.makeRoom?.(); // once it is open: the panel keeps in mind where the keyboard was
    this.makeRoom = undefined;
    this.act.view.size();
    const steps = el("ol", { class: "steps", "aria-label": t("load.steps") }, STEPS.map((one, i) => el("li", { class: i < step ? "done" : i === step ? "now" : "", "aria-current": i === step ? "step" : null }, el("button", { type: "button", on: { click: () => this.go(i) } }, el("i", {}, i < step ? icon("check") : String(i + 1)), el("span", { text: t(/** @type {any} */ (`step.${one}`)) })))));
    opened.body.before(steps);
    this.opened = opened;
    return opened;
  }

  /** @param {number} step */
  go(step) {
    if (step === 0 && !this.done) return this.session.leave().then(() => this.choosing());
    document.getElementById(`step-${step + 1}`)?.scrollIntoView({ block: "start", behavior: "smooth" });
    return undefined;
  }

  // Step 1: the file and where it goes.

  choosing() {
    const { session } = this;
    this.unmark();
    const { body, acts } = this.open(0);
    const records = button(t("load.records"), () => this.act.records(), { icon: "history" });
    const chooser = el("input", { type: "file", multiple: true, class: "heard", id: "load-file", on: { change: () => this.take([...chooser.files]) } });
    const zone = el("label", { class: "drop-zone", for: "load-file" }, icon("upload"), el("b", { text: session.files.map((one) => one.name).join(t("list.comma")) || t("load.choose") }), el("span", { class: "meta", text: t("load.forms") }), chooser);
    const large = tooLarge(session.files, `onemap load ${session.create || !session.layer ? "…" : session.layer} ${quoted(session.name)}`);
    section(body, zone, large);
    const quiet = { keydown: (/** @type {Event} */ event) => event.stopPropagation() };
    const targets = [...state.layers.values()].filter((layer) => layer.allowed.includes("load")).map((layer) => el("option", { value: layer.id, text: say(layer.label) }));
    const target = el("select", { id: "load-layer", on: { change: () => { session.layer = target.value; session.create = !target.value; if (target.value && session.files.length && !large) this.examine(); else ready(); } } }, el("option", { value: "", text: t("load.newLayer") }), targets);
    target.value = session.create ? "" : session.layer;
    const name = el("input", { id: "load-name", maxlength: "60", placeholder: t("load.newNameHint"), value: session.label, on: { ...quiet, input: () => { session.layer = ""; ready(); } } });
    const made = el("div", { class: "field" }, el("label", { for: "load-name", text: t("load.newName") }), el("div", { class: "input" }, name));
    section(body, el("div", { class: "field" }, el("label", { for: "load-layer", text: t("load.target") }), el("div", { class: "input" }, target)), made);
    const { definitions } = this.act;
    if (definitions) section(body, button(t("define.all"), () => definitions(), { icon: "layers", small: true }));
    const ready = () => {
      made.hidden = target.value !== "";
      session.create = !target.value;
      session.label = name.value.trim();
      if (target.value) session.layer = target.value;
      const missing = !session.files.length ? t("load.pickFile") : large ? t("upload.pickSmaller") : session.create && !session.label ? t("load.pickLayer") : "";
      acts(missing ? blocked(missing) : button(t("load.preview"), () => this.examine(), { primary: true, wide: true }), records);
    };
    ready();
  }

  /** @param {File[]} files */
  take(files) {
    const picture = this.act.picture && pictureOf(files);
    if (picture) return this.act.picture?.(picture);
    this.session.take(files);
    const guess = this.session.layer || alike(files[0]?.name || "");
    if (!guess || this.session.create || tooLarge(files, "")) return this.choosing();
    this.session.layer = guess;
    return this.examine();
  }

  // Step 2: on its way, and then what was found.

  async examine() {
    const { session } = this;
    this.unmark();
    const { body, acts, current } = this.open(1);
    const bar = el("progress", { class: "progress", max: "1", "aria-label": t("load.sending") });
    const words = el("b", { text: t("load.sending") });
    const detail = el("span", { class: "meta" });
    const working = el("section", { class: "section working", role: "status" }, words, bar, detail);
    add(body, working);
    acts(button(t("load.stop"), () => { session.leave().then(() => this.choosing()); }, { wide: true }));
    try {
      const load = await session.examine((progress) => {
        const down = progress.waiting && progress.of == null; // all is sent, and what was asked for goes on at the server
        words.textContent = progress.stage ? t(/** @type {any} */ (`stage.${progress.stage}`)) : t(down ? "load.serverDown" : progress.waiting ? "load.linkDown" : "load.sending");
        detail.textContent = progress.of ? t("load.sent", { sent: number(Math.round((progress.sent || 0) / 1024)), of: number(Math.round(progress.of / 1024)) }) : t("load.stopAnyTime");
        if (!down) bar.value = progress.stage ? FAR[progress.stage] ?? FAR.waiting : (FAR.waiting * (progress.sent || 0)) / (progress.of || 1);
        working.classList.toggle("down", Boolean(progress.waiting));
      });
      if (load && current()) this.show();
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError" || !current()) return;
      fill(body, refused(error, () => this.examine()));
      acts(button(t("load.otherFile"), () => this.choosing(), { wide: true }));
    }
  }

  /** @param {Partial<import("../load/session.js").Told>} told */
  change(told) {
    Object.assign(this.session.told, told);
    this.examine();
  }

  show() {
    const { load, seen } = this.session;
    const report = load?.report || {};
    if (load?.state === "examined") return this.rehearsal(report, seen);
    return this.refusal(load, report, seen || {});
  }

  /** A file that was not taken: what is wrong, what was tried, what to do, and the choice itself where it can be made here. @param {any} load @param {any} report @param {any} seen */
  refusal(load, report, seen) {
    const [first] = report.problems || [];
    const about = first?.field;
    const { body, acts } = this.open(about === "map" ? 2 : 1, t("load.notTaken"));
    const change = (/** @type {Partial<import("../load/session.js").Told>} */ told) => this.change(told);
    const failed = load?.state === "failed";
    const asks = ASKED.has(about) && !NO_ANSWER.has(first.code); // the answer can be given below
    const unseen = asks && about === "crs" && !seen.systems?.length; // no picture to choose by: what can be done then stands below
    add(body, el("section", { class: "section" }, el("div", { class: `note${asks ? "" : " bad"}`, role: "alert" }, el("b", { text: t(asks ? "load.asks" : failed ? "load.failed" : "load.refused") }), el("p", { text: systemName(first?.message || t("load.noReason")) }), first?.remedy_on_page && !unseen ? el("p", {}, el("b", { class: "next", text: t("load.next") }), first.remedy_on_page) : null,
      el("div", { class: "acts" }, failed ? button(t("action.again"), () => this.examine(), { small: true, primary: true }) : null, first?.code === "is-imagery" && this.act.picture && this.session.files.length === 1 ? button(t("load.asPicture"), () => this.act.picture?.(this.session.files[0]), { small: true, primary: true }) : null, first?.code === "axes-swapped" ? button(t("load.swapAxes"), () => change({ swapped: true }), { small: true, primary: true }) : null, first?.code === "all-outside-district" ? button(t("load.keepAll"), () => change({ anywhere: true }), { small: true }) : null))));
    if (about === "sublayer" && first.layers) section(body, sectionHead(t("load.whichSublayer")), sublayerChoice(first.layers, (name) => change({ sublayer: name })));
    if (about === "encoding") section(body, sectionHead(t("load.whichEncoding"), t("load.byReading")), el("div", { class: "encodings" }, (seen.encoding?.readings || ENCODINGS.map((name) => ({ name, text: "" }))).map((/** @type {any} */ one) => el("div", { class: "reading" }, el("b", { text: one.name }), el("span", { class: "cut", text: one.text }), button(t("load.useThis"), () => change({ encoding: one.name }), { small: true })))), otherEncoding({ change }));
    if (about === "angles" && first.readings) section(body, sectionHead(t("load.whichAngles")), el("div", { class: "encodings" }, first.readings.map((/** @type {{form: "decimal" | "d.mmss" | "dddmmss" | "dddmm.mm" | "e6", place: string}} */ one) => el("div", { class: "reading" }, el("b", { text: t(`load.angles.${one.form}`) }), el("span", { class: "cut", text: one.place }), button(t("load.useThis"), () => change({ angles: one.form }), { small: true })))));
    if (about === "datum") section(body, sectionHead(t("load.whichDatum")), el("div", { class: "tool-row" }, datumButtons({ change })));
    if (((asks && about === "crs") || first?.code === "all-outside-district") && seen.systems) askForSystem(body, seen.systems.filter((/** @type {any} */ one) => (one.why !== "said" || first.code === "axes-swapped") && (asks || !one.distance_m)), (one) => change({ crs: one.crs, swapped: one.swapped }));
    if (report.encoding?.value && about !== "encoding") add(body, findings({ ...report, crs: null }, { encoding: seen.encoding }, this.layer, { change, told: this.session.told }));
    if (about === "map" || report.mapping?.length) add(body, mapping(report, about === "map" ? { ...seen, missing: [] } : seen, this.layer, { change, told: this.session.told }));
    const others = problemRows(report);
    add(body, problemList(others, this.layer, this.deeds));
    acts(button(t("load.otherFile"), () => this.choosing(), { primary: !asks, wide: true }), button(t("action.cancel"), () => this.panel.close()));
  }

  get deeds() {
    return {
      /** @param {number} row @param {any} decision */
      decide: (row, decision) => {
        const { rows } = this.session.told;
        const before = rows[row] || {};
        rows[row] = { ...before, ...decision, ...(decision.fill ? { fill: { ...before.fill, ...decision.fill } } : {}) };
        this.examine();
      },
      keepFar: () => this.change({ anywhere: true }),
      /** @param {string} name */
      choose: (name) => this.choose(name),
    };
  }

  /** One row, in the panel and on the map. @param {string} name */
  choose(name) {
    for (const one of this.panel.element.querySelectorAll("[data-row]")) one.classList.toggle("chosen", /** @type {HTMLElement} */ (one).dataset.row === name);
    this.marks?.choose(name);
  }

  // Step 4: what would become of each row.

  /** @param {any} report @param {any} seen */
  rehearsal(report, seen) {
    const { body, acts } = this.open(3);
    const told = this.session.told;
    const change = (/** @type {Partial<import("../load/session.js").Told>} */ what) => this.change(what);
    const problems = problemRows(report);
    const decided = Object.keys(told.rows).length;
    const notes = (report.problems || []).filter((/** @type {any} */ one) => one.severity === "warning" && !SAID_ELSEWHERE.has(one.code));
    add(body, sameFile(seen, (id) => this.act.record(id)), findings(report, seen, this.layer, { change, told }), comparison(seen, this.layer, this.deeds), this.missing(report, seen), problemList(problems, this.layer, this.deeds, seen.compare.problems),
      decided ? el("section", { class: "section" }, el("p", { class: "basis" }, t("load.decided", { n: decided }), " ", el("button", { class: "link", type: "button", text: t("load.takeBack"), on: { click: () => change({ rows: {} }) } }))) : null,
      mapping(report, seen, this.layer, { change, told }),
      notes.length ? el("section", { class: "section" }, sectionHead(t("load.notes"), number(notes.length)), notes.slice(0, 50).map((/** @type {any} */ one) => el("div", { class: "note" }, one.row ? el("b", { text: t("load.row", { row: one.line || one.row }) }) : null, [one.message, one.remedy_on_page].filter(Boolean).join(t("list.stop"))))) : null);
    this.mark(seen, problems);
    this.ready = () => acts(this.primary(report, seen), problems.length ? el("a", { class: "btn", href: `${config.api}/loads/${this.session.load.id}/problems.csv`, download: "", text: t("load.takeProblems") }) : null, button(t("action.cancel"), () => this.panel.close()));
    this.ready();
  }

  /** Stored features that the file does not have: kept, or retired for a reason when somebody chooses that. @param {any} report @param {any} seen */
  missing(report, seen) {
    const { session } = this;
    session.retire = null;
    if (!seen.compare.absent || !this.layer?.allowed.includes("delete")) return null;
    return missingChoice(seen.compare, (reason) => {
      session.retire = reason == null ? null : { count: seen.compare.absent, reason };
      this.ready?.();
    });
  }

  /** The one button: what it does and to how many, or what is missing before. @param {any} report @param {any} seen */
  primary(report, seen) {
    const { compare } = seen;
    const writes = (compare.new || 0) + (compare.changed || 0);
    if (seen.shift) return blocked(t("load.shiftFirst", { n: number(seen.shift.count), rows: number(report.accepted) }));
    if (seen.missing?.length) return blocked(t("load.missingFirst"));
    if (!report.accepted) return blocked(t("load.nothing"));
    const { retire } = this.session;
    if (retire && !retire.reason) return blocked(t("load.retireFirst"));
    if (!writes && !this.session.create && !retire) return blocked(t("load.allSame", { n: number(report.accepted) }));
    const words = retire ? t("load.commitRetire", { n: number(report.accepted), retired: number(retire.count) }) : t("load.commit", { n: number(report.accepted) });
    return button(words, () => this.commit(), { primary: true, wide: true });
  }

  /** @param {any} seen @param {import("../load/fates.js").Problem[]} problems */
  mark(seen, problems) {
    setAside(factLayers().map((one) => one.id));
    this.marks = new Marks(this.act.view, this.act.main);
    this.marks.show(this.layer, seen, new Map(problems.map((one) => [one.row, one.place])), (feature) => {
      const name = feature.properties.op === "absent" ? `id-${feature.properties.id}` : `row-${feature.properties.row}`;
      this.choose(name);
      this.panel.element.querySelector(`[data-row="${name}"]`)?.scrollIntoView({ block: "center" });
    });
    this.fit();
  }

  /** The rows in view; a few far away do not make all others one dot. @param {number} [least] the zoom from which they are drawn */
  fit(least = 0) {
    const found = this.marks?.bounds;
    if (!found) return;
    const [west, south, east, north] = config.district.bbox;
    const here = L.latLngBounds([[south, west], [north, east]]);
    const all = [...(this.marks?.known.values() || [])];
    if (all.filter(({ at }) => here.contains(at)).length * 2 < all.length) return this.act.view.fit([found.getWest(), found.getSouth(), found.getEast(), found.getNorth()]);
    const box = L.latLngBounds([[Math.max(found.getSouth(), south), Math.max(found.getWest(), west)], [Math.min(found.getNorth(), north), Math.min(found.getEast(), east)]]);
    this.act.view.fill(box.pad(0.06));
    if (this.act.view.map.getZoom() < least) this.act.view.map.setZoom(least, { animate: false });
    return undefined;
  }

  // Step 5: written, seen, and undone if it was wrong.

  async commit() {
    const { session } = this;
    const { acts } = /** @type {any} */ (this.opened);
    acts(blocked(t("stage.committing")));
    try {
      const load = await session.confirm(({ waiting }) => acts(blocked(t(waiting ? "load.serverDown" : "stage.committing"))));
      if (!load) return;
      if (load.state !== "committed") return this.refusal(load, load.report || {}, session.seen);
      this.landed(load.report);
    } catch (error) {
      add(this.opened?.body || this.panel.element, refused(error));
      acts(this.primary(session.load.report, session.seen));
    }
  }

  /** @param {any} report */
  async landed(report) {
    this.done = true;
    const { session } = this;
    session.forget();
    await this.act.layers();
    this.marks?.land(() => this.unmark());
    if (!state.shown.has(session.layer)) state.aside.add(session.layer);
    const name = this.layer ? say(this.layer.label) : session.layer;
    this.giveBack?.();
    const { body, acts } = this.open(5, t("load.written"));
    this.fit(this.layer?.style.min_zoom);
    section(body, el("div", { class: "note" }, el("b", { text: t("load.done", { n: number(report.accepted), layer: name }) }), t("load.doneMore", { inserted: number(report.inserted || 0), updated: number(report.updated || 0), unchanged: number(report.unchanged || 0) }), report.retired ? t("load.doneRetired", { n: number(report.retired) }) : ""));
    const box = add(el("div", { class: "undoing" }), el("section", { class: "section" }, session.seen?.commit ? button(t("load.undo"), () => this.undoing(box), { icon: "undo", small: true }) : null));
    add(body, box);
    const undo = () => this.undoing(box);
    toast(t("load.done", { n: number(report.accepted), layer: name }), session.seen?.commit ? { act: [t("load.undoShort"), undo] } : {});
    acts(this.another(), button(t("panel.close"), () => this.panel.close()));
  }

  another() {
    return button(t("load.another"), () => loadPanel(this.panel, this.act), { wide: true });
  }

  /** @param {Element} box */
  undoing(box) {
    const reason = el("input", { id: "undo-reason", maxlength: "500", value: t("load.undoReason"), "aria-label": t("form.reason"), on: { keydown: (/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === "Enter") go(); } } });
    const said = el("p", { class: "hint bad", role: "alert" });
    const go = async () => {
      if (!reason.value.trim()) return reason.focus();
      try {
        await this.session.undo(reason.value.trim());
        const { body, acts } = this.open(5, t("load.state.undone"));
        section(body, el("div", { class: "note" }, el("b", { text: t("load.undone") }), t("load.undoneMore")));
        acts(this.another(), button(t("panel.close"), () => this.panel.close()));
        toast(t("load.undone"), { icon: "undo" });
        await this.act.layers();
      } catch (error) {
        const { code, problem } = /** @type {any} */ (error);
        if (code === "moved-on") fill(box, ...lost(this.panel, this.act, problem));
        else said.textContent = /** @type {Error} */ (error).message;
      }
      return undefined;
    };
    fill(box, el("section", { class: "section" }, sectionHead(t("load.undo")), el("div", { class: "field" }, el("label", { for: "undo-reason", text: t("form.reason") }), el("div", { class: "input" }, reason)), said, button(t("load.undoGo"), go, { small: true, primary: true })));
    reason.focus();
    reason.select();
  }
}

/** @param {string} words */
const blocked = (words) => el("button", { class: "btn wide", type: "button", "aria-disabled": "true" }, el("span", { class: "cut", text: words }));

/** The layer whose name a file's name shares most with, and half of it at least; none when two are alike. @param {string} file */
function alike(file) {
  const stem = file.toLowerCase().replace(/\.[a-z0-9.]+$/, "");
  const scored = [...state.layers.values()].filter((layer) => layer.allowed.includes("load")).map((layer) => ({ id: layer.id, score: Math.max(...[layer.label.zh, layer.label.en.toLowerCase(), layer.id].map((one) => weight(shared(stem, one), one))) })).sort((a, b) => b.score - a.score);
  return scored.length && scored[0].score >= LEAST_ALIKE && scored[0].score > (scored[1]?.score || 0) ? scored[0].id : "";
}

/** A shared run counts when it is much of the layer's name; a Chinese character as much as two letters. @param {number} run @param {string} name */
const weight = (run, name) => (run * 2 < name.length ? 0 : run / (/[a-z]/.test(name) ? 2 : 1));

/** Length of the longest run that both have. @param {string} one @param {string} other */
function shared(one, other) {
  let best = 0;
  for (let i = 0; i < one.length; i += 1) for (let j = i + best + 1; j <= one.length && other.includes(one.slice(i, j)); j += 1) best = j - i;
  return best;
}
