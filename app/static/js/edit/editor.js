// Change a feature or make one: its values, its shape, why; saved as one changeset, never over a colleague's work.
import { ask, unanswered } from "../api.js";
import { add, button, el, fill, icon } from "../dom.js";
import { moment, titleOf } from "../format.js";
import { revealing } from "../masking.js";
import { refused, sectionHead } from "../panel.js";
import { symbolOf } from "../panels/rows.js";
import { on, state, tell } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { keptFields } from "../ledger/book.js";
import { Draft } from "./draft.js";
import { compareDrawn } from "./drawn_size.js";
import { Entry } from "./entries.js";
import { meet, meetingNote } from "./meeting.js";
import { Position } from "./position.js";
import { Shaper } from "./shaper.js";

const HIDDEN = new Set(["adcode"]); // set by the server
const FAR = new Set(["far-from-district", "axes-look-swapped"]); // refusals that the editor may overrule
const ASK_AGAIN_MS = 2000;
const REASONS = ["edit.why.checked", "edit.why.corrected", "edit.why.updated"];

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Feature} Feature */
/** @typedef {{done: (layer: Layer, feature: Feature | null) => void, left: (layer: Layer, feature: Feature | null) => void, prompt: (words: string | null) => void, tools: () => void}} Acts */

/** Opens one feature at a time for editing. */
export class Editor {
  /** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {import("../map/zone.js").ZoneDrawing} drawing @param {Acts} act */
  constructor(panel, view, drawing, act) {
    this.panel = panel;
    this.view = view;
    this.drawing = drawing;
    this.act = act;
    /** @type {Editing | null} */
    this.current = null;
    on("live", ({ state: live }) => { if (live === "on" && this.current?.offline) this.current.online(); });
  }

  /** @param {Layer} layer @param {Feature} feature */
  change(layer, feature) {
    const kept = Draft.kept(layer.id, feature.id);
    const editing = new Editing(this, layer, kept || Draft.of(layer.id, feature, titleOf(layer, feature)), feature);
    if (kept && kept.version !== Number(feature.properties.version)) editing.meets(feature);
  }

  /** @param {Layer} layer @param {{geometry?: any, copyOf?: Feature}} [from] */
  make(layer, from = {}) {
    const kept = from.geometry || from.copyOf ? null : Draft.kept(layer.id, null);
    const draft = kept || Draft.of(layer.id, null, t("form.new", { layer: say(layer.label) }), from.geometry || from.copyOf?.geometry, from.copyOf && { id: from.copyOf.id, properties: without(from.copyOf.properties, [layer.key, "version", ...keptFields(layer.id)]) });
    const editing = new Editing(this, layer, draft, null);
    if (!draft.now.geometry && layer.geometry !== "none") editing.tool(editing.position?.offered(null)[0][0] || "Marker");
  }
}

class Editing {
  /** @param {Editor} editor @param {Layer} layer @param {Draft} draft @param {Feature | null} feature */
  constructor(editor, layer, draft, feature) {
    const { panel, view } = editor;
    panel.leave();
    this.editor = editor;
    this.panel = panel;
    this.view = view;
    this.drawing = editor.drawing;
    this.act = editor.act;
    this.layer = layer;
    this.draft = draft;
    this.feature = feature;
    /** @type {import("./meeting.js").Question[]} */
    this.asked = [];
    this.offline = false;
    this.picking = false;
    /** @type {{geometry: any, words: string}[]} */
    this.others = [];
    editor.current = this;
    state.editing = { layer: layer.id, id: draft.id || "" };
    const picture = symbolOf(layer, { ...draft.was.properties, ...draft.now.properties });
    this.opened = panel.open({ kind: "form", picture, title: draft.title, meta: draft.id ? t("form.editing", { layer: say(layer.label), n: draft.version }) : say(layer.label), left: () => this.leave(), focus: true });
    this.top = el("div");
    const kept = draft.id ? keptFields(layer.id) : new Set();
    this.entries = layer.fields.filter((field) => !field.reference && !HIDDEN.has(field.id)).map((field) => new Entry(field, draft.was.properties[field.id], draft.value(field.id), (entry) => draft.set(field.id, entry.value),
      { fixed: kept.has(field.id), reveal: draft.id ? (show) => revealing(layer, draft.id || "", field, show) : null }));
    this.reason = el("input", { id: "f-reason", maxlength: "500", value: draft.reason, placeholder: t("form.reasonHint"), on: { input: () => draft.because(this.reason.value), keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
    const shaped = layer.geometry !== "none";
    this.position = shaped ? new Position(layer, draft, { tool: (name) => this.tool(name), place: (geometry) => { draft.reshape(geometry); this.into(geometry); }, undo: () => draft.go(-1), redo: () => draft.go(1), size: (size) => compareDrawn(this.entries, draft, size) }) : null;
    add(this.opened.body, this.top, this.position?.element, el("section", { class: "section" }, sectionHead(t("form.properties")), this.entries.map((one) => one.row)), this.why(), draft.id && this.removal());
    this.shaper = shaped ? new Shaper(view, picture, (geometry) => draft.reshape(geometry)) : null;
    this.shaper?.neighbours();
    this.held = { choose: view.act.choose, crowd: view.act.crowd };
    if (shaped) this.hold();
    draft.heard = () => this.refresh();
    if (draft.at) this.resumed();
    this.refresh();
    tell("data", layer.id);
    if (!draft.id) this.entries[0]?.focus();
  }

  /** Clicks on the map are the editor's now: they neither ask nor open cards. */
  hold() {
    this.view.busy = true;
    this.view.map.getContainer().classList.add("editing");
    this.view.act.choose = (/** @type {string} */ layer, /** @type {string} */ id) => this.picked(layer, id);
    this.view.act.crowd = () => undefined;
  }

  why() {
    const chips = el("div", { class: "tool-row" }, REASONS.map((key) => button(t(/** @type {any} */ (key)), () => { this.reason.value = t(/** @type {any} */ (key)); this.draft.because(this.reason.value); }, { small: true })));
    return el("section", { class: "section" }, el("div", { class: "field" }, el("label", { for: "f-reason", text: t("form.reason") }), el("div", { class: "input" }, this.reason), el("div", { class: "hint" }, chips)));
  }

  removal() {
    const go = this.layer.allowed.includes("delete") && button(t("edit.delete"), () => this.remove(), { small: true });
    return el("section", { class: "section" }, el("div", { class: "tool-row" }, go, button(t("edit.copy"), () => this.editor.make(this.layer, { copyOf: this.feature || undefined }), { small: true, icon: "copy" })));
  }

  /** A draft from before: say so, and offer to throw it away. */
  resumed() {
    const note = el("div", { class: "note" }, el("b", { text: t("edit.resumed", { when: moment(this.draft.at), n: this.draft.count }) }),
      el("div", { class: "acts" }, button(t("edit.discard"), () => this.discard(), { small: true })));
    fill(this.top, el("section", { class: "section" }, note));
  }

  refresh() {
    const { draft } = this;
    for (const entry of this.entries) {
      entry.was = draft.was.properties[entry.field.id] ?? null;
      const value = draft.value(entry.field.id);
      if (JSON.stringify(entry.value ?? null) !== JSON.stringify(value ?? null)) entry.put(value);
      else if (!entry.box.classList.contains("bad")) entry.mark();
    }
    this.position?.draw();
    this.shaper?.show(draft.now.geometry, draft.was.geometry, [...this.others, ...draft.now.beside.flatMap((one) => (one.op === "insert" ? [{ geometry: one.geometry, words: t("edit.piece") }] : []))]);
    const missing = draft.id || draft.copyOf ? [] : this.entries.filter((one) => one.field.required && one.value == null).map((one) => say(one.field.label));
    if (!draft.now.geometry && this.layer.geometry !== "none") missing.push(t("edit.position"));
    const n = draft.count;
    const primary = this.asked.length ? blocked(t("form.decide", { fields: this.asked.map((one) => one.words).join(t("list.comma")), version: draft.version + 1 }))
      : missing.length ? blocked(t("form.missing", { fields: missing.join(t("list.comma")) }))
      : draft.id ? (n ? button(t("form.save", { n, version: draft.version + 1 }), () => this.save(), { primary: true, wide: true }) : blocked(t("form.nothing")))
      : button(t("form.create", { layer: say(this.layer.label) }), () => this.save(), { primary: true, wide: true });
    this.opened.acts(primary, n ? button(t("edit.discard"), () => this.discard(), { icon: "undo" }) : button(t("action.cancel"), () => this.stop()));
  }

  /** Take up a tool of the position section. @param {string} name */
  tool(name) {
    const { draft, drawing, layer } = this;
    drawing.cancel();
    if (name === "drag") return this.shaper?.drag();
    if (name === "merge") {
      this.picking = true;
      this.act.prompt(t("edit.pick", { layer: say(layer.label) }));
      return this.view.map.getContainer().classList.add("aiming");
    }
    const kind = name === "split" ? "Line" : name === "cut" ? "Polygon" : name;
    const prompt = name === "split" ? t("edit.splitHow") : name === "cut" ? t("edit.cutHow") : t(/** @type {any} */ (`prompt.${name}`), { layer: say(layer.label) });
    this.act.prompt(prompt);
    if (this.position) this.position.pressed = name;
    if (this.shaper?.shape?.pm) this.shaper.shape.pm.disable();
    drawing.draw(/** @type {any} */ (kind), (geometry) => {
      if (name === "split") this.shapes("split", { geometry: draft.now.geometry, blade: geometry });
      else if (name === "cut") this.shapes("cut", { geometry: draft.now.geometry, hole: geometry });
      else draft.reshape(geometry, []);
    }, () => {
      if (this.position) this.position.pressed = "";
      this.act.prompt(null);
      setTimeout(() => { if (state.editing) { this.view.busy = true; this.refresh(); } }, 60); // drawing lets clicks through again; here they stay ours
    });
    return this.position?.draw();
  }

  /** Have the server work on shapes: the first becomes this one's, others become new features. @param {"split" | "cut" | "merge"} what @param {any} body @param {import("./draft.js").Beside[]} [gone] */
  async shapes(what, body, gone = []) {
    try {
      const { geometries } = await ask(`shapes/${what}`, { body });
      const [first, ...rest] = geometries;
      this.draft.reshape(first, [...this.draft.now.beside, ...gone, ...rest.map((/** @type {any} */ geometry) => ({ op: /** @type {const} */ ("insert"), geometry }))]);
    } catch (error) {
      this.say(error);
    }
  }

  /** A neighbour was clicked while merging; other clicks do nothing. @param {string} layerId @param {string} id */
  async picked(layerId, id) {
    if (!this.picking || layerId !== this.layer.id || id === this.draft.id) return;
    this.endPick();
    try {
      const one = await ask(`layers/${layerId}/features/${id}`);
      await this.shapes("merge", { geometries: [this.draft.now.geometry, one.geometry] }, [{ op: "delete", id, version: Number(one.properties.version), title: titleOf(this.layer, one) }]);
    } catch (error) {
      this.say(error);
    }
  }

  endPick() {
    this.picking = false;
    this.act.prompt(null);
    this.view.map.getContainer().classList.remove("aiming");
  }

  /** @param {boolean} [anywhere] somebody has confirmed that it lies far from the district */
  async save(anywhere = false) {
    const { draft, layer } = this;
    const { properties, geometry, beside } = draft.now;
    const own = draft.id ? { op: "patch", layer: layer.id, id: draft.id, version: draft.version, properties, ...(draft.moved ? { geometry } : {}) } : { op: "insert", layer: layer.id, properties, geometry, ...(draft.copyOf ? { copy_of: draft.copyOf } : {}) };
    const more = beside.map((one) => (one.op === "insert" ? { op: "insert", layer: layer.id, copy_of: draft.id, properties: {}, geometry: one.geometry } : { op: "delete", layer: layer.id, id: one.id, version: one.version }));
    const reason = draft.reason.trim() || (beside.length ? t(beside.some((one) => one.op === "delete") ? "edit.merge" : "edit.split") : "");
    try {
      const { results } = await ask("changesets", { body: { changes: [own, ...more], ...(reason ? { reason } : {}), ...(anywhere ? { anywhere } : {}) }, key: draft.key });
      draft.drop();
      const saved = await ask(`layers/${layer.id}/features/${results[0].id}`);
      this.finished();
      this.act.done(layer, saved);
    } catch (error) {
      await this.failed(error);
    }
  }

  /** @param {any} error */
  async failed(error) {
    const { draft, layer } = this;
    if (unanswered(error)) {
      this.offline = true;
      this.awaitServer();
      return this.note("stale", t("edit.offline"), t("edit.offlineAdvice"));
    }
    if (error.status === 412 || (error.status === 404 && draft.id)) {
      try {
        const theirs = await ask(`layers/${layer.id}/features/${draft.id}`);
        if (Number(theirs.properties.version) !== draft.version) return this.meets(theirs);
        return this.say({ title: t("edit.neighbour"), message: error.message }); // a neighbour to merge with moved on
      } catch (gone) {
        if (/** @type {any} */ (gone).status === 404) return this.note("bad", t("edit.gone"), t("edit.goneAdvice"));
        return this.say(gone);
      }
    }
    return this.say(error);
  }

  /** @param {Feature} theirs */
  meets(theirs) {
    const { taken, asked } = meet(this.draft, this.layer, theirs);
    this.feature = theirs;
    this.asked = asked;
    this.others = asked.some((one) => one.name === "geometry") && theirs.geometry ? [{ geometry: theirs.geometry, words: t("edit.theirs", { by: theirs.properties.updated_by || "—" }) }] : [];
    const show = () => {
      fill(this.top, el("section", { class: "section" }, meetingNote(theirs, taken, this.asked, (question, mine) => {
        this.asked = this.asked.filter((one) => one !== question);
        if (question.name === "geometry") this.others = [];
        question.take(mine);
        show();
        this.refresh();
      })));
    };
    show();
    this.opened.body.scrollTop = 0;
    this.refresh();
  }

  /** Each problem beside its field, the rest on top. @param {any} error */
  say(error) {
    const left = [];
    for (const one of error.errors || []) {
      const entry = !/^\/changes\/[1-9]/.test(one.pointer || "") && this.entries.find((each) => one.pointer?.endsWith(`/${each.field.id}`));
      if (FAR.has(one.code) && this.position) this.position.refuse(one.message, () => this.save(true));
      else if (entry) entry.say([one.message, one.remedy].filter(Boolean).join(t("list.stop")));
      else left.push(one);
    }
    fill(this.top);
    if (left.length || !(error.errors || []).length) add(this.top, refused(left.length ? { title: error.title, errors: left } : error));
    this.opened.body.scrollTop = 0;
    this.entries.find((one) => one.box.classList.contains("bad"))?.focus();
  }

  /** @param {"stale" | "bad"} kind @param {string} title @param {string} advice */
  note(kind, title, advice) {
    fill(this.top, el("section", { class: "section" }, el("div", { class: `note ${kind}`, role: "alert" }, el("b", {}, kind === "bad" && icon("warn"), ` ${title}`), el("p", { text: advice }))));
    this.opened.body.scrollTop = 0;
  }

  /** Ask now and then until somebody answers, for a short outage may pass unheard by the stream. */
  awaitServer() {
    setTimeout(async () => {
      if (!this.offline || this.editor.current !== this) return;
      try {
        await ask("/api/v1/me");
        if (this.offline) this.online();
      } catch {
        this.awaitServer();
      }
    }, ASK_AGAIN_MS);
  }

  online() {
    this.offline = false;
    this.note("stale", t("edit.online"), t("edit.onlineAdvice"));
  }

  async remove() {
    const reason = this.reason.value.trim();
    if (!reason) {
      this.reason.focus();
      return this.note("bad", t("edit.deleteWhy"), t("edit.deleteWhyAdvice"));
    }
    try {
      await ask(`layers/${this.layer.id}/features/${this.draft.id}?reason=${encodeURIComponent(reason)}`, { method: "DELETE", version: this.draft.version });
      this.draft.drop();
      this.finished();
      toast(t("edit.deleted", { name: this.draft.title }));
      this.act.done(this.layer, null);
    } catch (error) {
      await this.failed(error);
    }
    return undefined;
  }

  /** Throw the changes away. */
  discard() {
    this.draft.drop();
    this.stop();
  }

  stop() {
    const { layer, feature } = this;
    this.finished();
    this.act.left(layer, feature);
  }

  /** The map is the map again; nothing is said. */
  finished() {
    this.panel.left = undefined;
    this.clear();
  }

  /** Another panel takes its place, or it was closed: what was changed stays as a draft. */
  leave() {
    const { draft } = this;
    this.clear();
    if (draft.count) toast(t(draft.full ? "edit.notKept" : "edit.kept", { name: draft.title }), { icon: "edit" });
  }

  clear() {
    this.drawing.cancel();
    if (this.picking) this.endPick();
    this.shaper?.remove();
    this.shaper = null;
    this.draft.heard = () => undefined;
    Object.assign(this.view.act, this.held);
    this.view.map.getContainer().classList.remove("editing");
    this.editor.current = null;
    const was = state.editing;
    state.editing = null;
    setTimeout(() => { if (!state.editing) this.view.busy = false; }, 80);
    this.act.tools();
    if (was) tell("data", was.layer);
  }

  /** Bring what was typed into view. @param {any} geometry */
  into(geometry) {
    const [lon, lat] = geometry.coordinates;
    if (!this.view.map.getBounds().contains([lat, lon])) this.view.go(lon, lat);
  }
}

/** @param {Record<string, any>} properties @param {(string | null | undefined)[]} names */
const without = (properties, names) => Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));

/** @param {string} why */
const blocked = (why) => el("button", { class: "btn wide", type: "button", "aria-disabled": "true", title: why }, el("span", { class: "cut", text: why }));
