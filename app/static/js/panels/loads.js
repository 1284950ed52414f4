// Load records: who loaded which file when and what came of it, newest first; each opens to its report, its diff and its undoing.
import { ask, query } from "../api.js";
import { config, symbolUrl } from "../config.js";
import { add, button, el, fill } from "../dom.js";
import { moment, number } from "../format.js";
import { comparison, fateRow } from "../load/fates.js";
import { sign } from "../load/marks.js";
import { empty, partly, refused, sectionHead, waiting } from "../panel.js";
import { state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { gonePanel } from "./changes.js";
import { askReason } from "./reason.js";
import { symbolOf } from "./rows.js";

const PAGE = 40;
const SHOWN = 200; // rows of one kind; the counts are of all
const NOTED = 50;
const SHORT = 12; // characters of a fingerprint that tell files apart at a glance
const POLL_MS = 350;
const BAD = new Set(["failed", "refused"]);

/** @typedef {{card: (layer: string, id: string) => void, layers: () => Promise<void>, view: import("../map/view.js").MapView}} Acts */
/** @typedef {import("../panel.js").Panel} Panel */

/** @param {Panel} panel @param {Acts} act */
export function loadsPanel(panel, act) {
  const opened = panel.open({ kind: "loads", picture: symbolUrl("stock", "base"), title: t("load.records"), meta: t("load.recordsMeta") });
  const list = el("div", {}, waiting());
  add(opened.body, list);
  /** @param {string} [before] */
  const read = async (before) => {
    try {
      const { loads } = await ask(`loads?${query({ limit: PAGE, before })}`);
      if (!opened.current()) return;
      if (!before) fill(list);
      list.querySelector(".more")?.remove();
      for (const one of loads) add(list, row(one, () => recordPanel(panel, act, one.id)));
      if (!loads.length && !before) add(list, empty(t("load.recordsNone")));
      if (loads.length === PAGE) add(list, el("div", { class: "section more" }, button(t("changes.earlier"), () => read(loads[loads.length - 1].asked_at), { small: true })));
    } catch (error) {
      if (opened.current()) fill(list, refused(error, () => read(before)));
    }
  };
  read();
}

/** What became of it, in one word. @param {any} load */
const stateOf = (load) => (load.undone_at ? "undone" : load.state);

/** @param {any} load */
const chip = (load) => (stateOf(load) === "committed" ? null : el("span", { class: `chip ${BAD.has(load.state) ? "bad" : "soft"}`, text: t(/** @type {any} */ (`load.state.${stateOf(load)}`)) }));

/** @param {any} load */
const layerName = (load) => { const layer = state.layers.get(load.layer); return layer ? say(layer.label) : load.options?.label || load.layer; };

/** @param {any} load */
const sums = (load) => [["inserted", "+"], ["updated", "~"], ["retired", "−"]].filter(([name]) => load.report?.[name]).map(([name, mark]) => `${mark}${number(load.report[name])}`).join(" ");

/** @param {any} load @param {() => void} open */
function row(load, open) {
  const layer = state.layers.get(load.layer);
  const counts = load.state === "committed" ? sums(load) || t("fate.unchanged") : "";
  return el("button", { class: "row load-record", type: "button", data: { load: load.id }, on: { click: open } }, el("span", { class: "sy plain" }, el("img", { src: layer ? symbolOf(layer, {}) : symbolUrl("stock", "base"), alt: "" })),
    el("span", { class: "what" }, el("b", { class: "cut", text: load.file }), el("span", { class: "meta", text: [load.confirmed_by || load.asked_by, layerName(load), counts].filter(Boolean).join(" · ") })),
    el("span", { class: "how meta" }, chip(load), el("span", { text: moment(load.finished_at || load.asked_at) }), el("code", { class: "meta-3", text: (load.sha256 || "").slice(0, 8) })));
}

/** One load: what it was, what it changed, what was said of its rows; and undone from here as one act. @param {Panel} panel @param {Acts} act @param {string} id */
export async function recordPanel(panel, act, id) {
  const head = { kind: "load-record", picture: symbolUrl("stock", "base"), title: t("load.records") };
  let opened = panel.open(head);
  add(opened.body, waiting());
  try {
    const [load, diff] = await Promise.all([ask(`loads/${id}`), ask(`loads/${id}/diff`)]);
    if (!opened.current()) return;
    opened = panel.open({ ...head, title: load.file, meta: [layerName(load), load.confirmed_by || load.asked_by, moment(load.finished_at || load.asked_at)].join(" · "), chip: chip(load) });
    const box = el("div", { class: "undoing" });
    add(opened.body, el("div", { class: "section" }, button(t("load.recordsBack"), () => loadsPanel(panel, act), { small: true, icon: "left" })), box, outcome(load), changes(panel, act, load, diff), report(load), facts(load));
    if (load.state === "examined") return void unconfirmed(panel, act, load, opened);
    const mayUndo = load.commit && !load.undone_at && !config.space.past && state.layers.get(load.layer)?.allowed.includes("write");
    opened.acts(...(mayUndo ? [button(t("load.undo"), () => undoing(panel, act, load, box), { icon: "undo", wide: true })] : []));
  } catch (error) {
    if (opened.current()) fill(opened.body, refused(error, () => recordPanel(panel, act, id)));
  }
}

/** One that was rehearsed and left lying (the page was closed): seen as it was rehearsed, and confirmed or dropped from here. @param {Panel} panel @param {Acts} act @param {any} load @param {any} opened */
async function unconfirmed(panel, act, load, opened) {
  const seen = await ask(`loads/${load.id}/rehearsal`);
  if (!opened.current()) return;
  const box = el("div", { class: "undoing" });
  opened.body.firstElementChild?.after(box, comparison(seen, state.layers.get(load.layer), { choose: () => undefined, decide: () => undefined }));
  const go = async (/** @type {string} */ method, /** @type {string} */ path) => {
    try {
      await ask(path, { method });
      for (let now = await ask(`loads/${load.id}`); opened.current(); now = await ask(`loads/${load.id}`)) {
        if (!["confirmed", "committing"].includes(now.state)) break;
        await new Promise((done) => setTimeout(done, POLL_MS));
      }
      await act.layers();
      if (opened.current()) recordPanel(panel, act, load.id);
    } catch (error) {
      fill(box, refused(error));
    }
  };
  const open = seen.shift || seen.missing?.length || !load.report.accepted; // what is still to be decided is decided where the file is
  opened.acts(open ? null : button(t("load.commit", { n: number(load.report.accepted) }), () => go("POST", `loads/${load.id}/confirm`), { primary: true, wide: true }), button(t("load.dropIt"), () => go("DELETE", `loads/${load.id}`), { wide: Boolean(open) }));
}

/** @param {any} load */
function outcome(load) {
  const counted = /** @type {const} */ (["read", "accepted", "skipped", "rejected"]).filter((name) => load.report?.[name] || name === "read" || name === "accepted");
  const undone = load.undone_at ? el("div", { class: "note" }, el("b", { text: t("load.undoneBy", { by: load.undone_by, when: moment(load.undone_at) }) })) : null;
  const why = BAD.has(load.state) ? load.report?.problems?.[0] : null;
  return el("section", { class: "section" }, undone, why ? el("div", { class: "note bad" }, el("b", { text: t(/** @type {any} */ (`load.state.${load.state}`)) }), el("p", { text: why.message }), why.remedy_on_page ? el("p", {}, el("b", { class: "next", text: t("load.next") }), why.remedy_on_page) : null) : null,
    load.report?.read != null ? el("div", { class: "figures" }, counted.map((name) => el("div", { class: "figure" }, el("div", { class: "num" }, el("b", { text: number(load.report[name] || 0) })), el("div", { class: "meta", text: t(`load.count.${name}`) })))) : null);
}

/** The diff again, as it was written. @param {Panel} panel @param {Acts} act @param {any} load @param {any} diff */
function changes(panel, act, load, diff) {
  if (load.state === "examined") return null;
  if (!load.commit) return el("section", { class: "section" }, sectionHead(t("load.diff")), el("p", { class: "hint", text: t("load.diffNone") }));
  if (!diff.counts) return el("section", { class: "section" }, sectionHead(t("load.diff")), el("p", { class: "hint", text: t("load.diffGone") }));
  const { former } = diff; // off the map since: told by its definition of then, and nothing of it opens
  const layer = former ? null : state.layers.get(load.layer);
  const told = former || layer;
  const listed = el("div", { class: "fate-rows" });
  const features = new Map(diff.rows.features.map((/** @type {any} */ one) => [one.properties.id, one]));
  const choose = (/** @type {string} */ name) => {
    const feature = features.get(name.replace("id-", ""));
    if (!feature || !layer) return;
    const { id, op, title } = feature.properties;
    if (feature.geometry) act.view.go(feature.geometry.coordinates[0], feature.geometry.coordinates[1]);
    if (op === "retired") gonePanel(panel, act.view, layer, { id, title }, act);
    else act.card(layer.id, id);
  };
  const tabs = /** @type {const} */ (["new", "changed", "retired"]).map((op) => {
    const rows = diff.rows.features.filter((/** @type {any} */ one) => one.properties.op === op);
    const tab = el("button", { class: "fate", type: "button", "aria-expanded": "false", data: { fate: op }, on: { click: () => {
      const was = tab.getAttribute("aria-expanded") === "true";
      for (const one of tabs) one.setAttribute("aria-expanded", "false");
      tab.setAttribute("aria-expanded", String(!was));
      fill(listed, was ? null : [...rows.slice(0, SHOWN).map((/** @type {any} */ one) => fateRow(one.properties, op, told, { choose, decide: () => undefined }, 0)), diff.counts[op] > SHOWN ? el("p", { class: "hint", text: t("load.andMore", { n: number(diff.counts[op] - SHOWN) }) }) : null]);
    } } }, el("b", { text: number(diff.counts[op]) }), el("span", {}, sign(op === "retired" ? "absent" : op), t(`fate.${op}`)));
    return tab;
  });
  return el("section", { class: "section" }, sectionHead(t("load.diff"), told && say(told.label)), former && el("p", { class: "hint", text: t("load.diffFormer") }), el("div", { class: "fates three" }, tabs), listed);
}

/** @param {any} load */
function report(load) {
  const problems = load.report?.problems || [];
  if (load.report?.read == null) return null;
  const lines = problems.slice(0, NOTED).map((/** @type {any} */ one) => el("div", { class: `note${one.severity === "error" ? " bad" : ""}` }, one.row ? el("b", { text: t("load.row", { row: one.line || one.row }) }) : null, one.message));
  const all = problems.length ? el("a", { class: "btn small", href: `${config.api}/loads/${load.id}/problems.csv`, download: "", text: t("load.takeReport") }) : null;
  const rest = load.report.problems_total > NOTED ? partly(t("load.andMore", { n: number(load.report.problems_total - NOTED) })) : null;
  return el("section", { class: "section" }, sectionHead(t("load.report"), problems.length ? number(load.report.problems_total) : ""), problems.length ? el("div", { class: "notes" }, lines) : el("p", { class: "hint", text: t("load.reportNone") }), rest, all);
}

/** @param {any} load */
function facts(load) {
  const { options, report: found } = load;
  /** @type {[string, any][]} */
  const rows = [[t("load.by"), load.asked_by + (load.confirmed_by && load.confirmed_by !== load.asked_by ? ` → ${load.confirmed_by}` : "")], [t("load.asked"), moment(load.asked_at)], [t("load.finished"), load.finished_at && moment(load.finished_at)],
    [t("load.encoding"), found?.encoding?.value], [t("load.crs"), found?.crs?.value], [t("load.settings"), settings(options).join(t("list.comma")) || t("load.settingsNone")],
    [t("load.sha"), load.sha256 ? el("code", { title: load.sha256, text: `${load.sha256.slice(0, SHORT)}…` }) : null]];
  return el("section", { class: "section" }, el("dl", { class: "facts" }, rows.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", { text: name }), el("dd", {}, value)])));
}

/** What a person had said about the file. @param {any} told */
function settings(told) {
  const named = /** @type {const} */ (["crs", "datum", "angles", "encoding", "sublayer"]).filter((name) => told[name]).map((name) => t(`load.set.${name}`, { value: told[name] }));
  const yes = /** @type {const} */ (["create", "anywhere", "swapped"]).filter((name) => told[name]).map((name) => t(`load.set.${name}`));
  const counted = /** @type {const} */ (["mapping", "rows"]).filter((name) => Object.keys(told[name] || {}).length).map((name) => t(`load.set.${name}`, { n: Object.keys(told[name]).length }));
  const recalled = told.remembered ? [t("load.set.remembered", { n: Object.keys(told.remembered.mapping).length, by: told.remembered.by })] : [];
  return [...yes, ...named, ...counted, ...recalled, ...(told.retire ? [t("load.set.retire", { n: number(told.retire), reason: told.retire_reason })] : [])];
}

/** Asks why, undoes; where later changes would be lost nothing is done, and they are listed. @param {Panel} panel @param {Acts} act @param {any} load @param {HTMLElement} box */
function undoing(panel, act, load, box) {
  const why = askReason(t("load.undoGo"), async (reason) => {
    try {
      await ask(`loads/${load.id}/undo`, { body: { reason }, key: `undo-load-${load.id}-${crypto.randomUUID()}` });
    } catch (error) {
      const { code, problem } = /** @type {any} */ (error);
      if (code !== "moved-on") throw error;
      fill(box, ...lost(panel, act, problem));
      return;
    }
    toast(t("load.undone"), { icon: "undo" });
    await act.layers();
    recordPanel(panel, act, load.id);
  });
  why.input.value = t("load.undoReason");
  fill(box, el("section", { class: "section" }, sectionHead(t("load.undo")), why.parts));
  why.input.focus();
  why.input.select();
}

/** What later changes keep a load from being undone, each of which opens. @param {Panel} panel @param {Acts} act @param {any} problem */
export function lost(panel, act, problem) {
  const rows = problem.features.map((/** @type {any} */ one) => {
    const layer = state.layers.get(one.layer);
    const open = () => { if (!layer || one.op === "definition") return; if (one.op === "delete") gonePanel(panel, act.view, layer, one, act); else act.card(layer.id, one.id); };
    return el("button", { class: "left-out", type: "button", on: { click: open } }, layer ? el("img", { src: symbolOf(layer, {}), alt: "" }) : el("span"), el("span", { class: "nm" }, el("b", { text: one.title || (layer ? t("feature.unnamed", { layer: say(layer.label) }) : one.layer) })),
      el("span", { class: "why" }, el("span", { text: t("load.lostBy", { by: one.by, when: moment(one.at), op: t(/** @type {any} */ (`op.${one.op}`)) }) })));
  });
  const more = problem.count - problem.features.length;
  return [el("section", { class: "section" }, el("div", { class: "note bad", role: "alert" }, el("b", { text: t("load.lost", { n: number(problem.count) }) }), t("load.lostAdvice"))), el("div", {}, rows), more > 0 ? el("p", { class: "hint", text: t("load.lostMore", { n: number(more) }) }) : null];
}
