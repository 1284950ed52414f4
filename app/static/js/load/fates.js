// What would become of the rows: counts against what is stored, the problem rows with what can be done, the rows themselves.
import { button, el, fill } from "../dom.js";
import { distanceText, number } from "../format.js";
import { sectionHead } from "../panel.js";
import { say, t } from "../words.js";
import { lineOf, sign } from "./marks.js";

const FAR = "row-outside-district";
const SHOWN = 200; // rows of one kind in the panel; the counts are of all

/** @typedef {{row: number, line?: number, place: number, found: any[]}} Problem */
/** @typedef {{decide: (row: number, decision: {drop?: boolean, keep?: boolean, fill?: Record<string, any>}) => void, choose: (name: string) => void, keepFar?: () => void}} Act */

/** The problem rows in their order, each with all that is wrong with it. @param {any} report @returns {Problem[]} */
export function problemRows(report) {
  /** @type {Map<number, Problem>} */
  const rows = new Map();
  for (const one of report.problems || []) {
    if (one.severity !== "error" || !one.row) continue;
    /** @type {Problem} */
    const known = rows.get(one.row) || { row: one.row, line: one.line, place: rows.size + 1, found: [] };
    known.found.push(one);
    rows.set(one.row, known);
  }
  return [...rows.values()];
}

/** @param {any} seen @param {import("../types").Layer | undefined} layer @param {Act} act */
export function comparison(seen, layer, act) {
  const { compare } = seen;
  const listed = el("div", { class: "fate-rows" });
  const kinds = /** @type {import("./marks.js").Fate[]} */ (seen.new_layer ? ["new", "problem"] : ["new", "changed", "unchanged", "absent", "problem"]);
  /** @type {Record<string, HTMLElement>} */
  const tabs = {};
  const open = (/** @type {import("./marks.js").Fate} */ op) => {
    const was = tabs[op].getAttribute("aria-expanded") === "true";
    for (const one of Object.values(tabs)) one.setAttribute("aria-expanded", "false");
    fill(listed);
    if (was) return;
    if (op === "problem") {
      document.getElementById("problem-rows")?.scrollIntoView({ block: "start" });
      return;
    }
    tabs[op].setAttribute("aria-expanded", "true");
    fill(listed, fateRows(seen, op, layer, act));
  };
  const cells = kinds.map((op) => {
    const n = compare[op === "problem" ? "problems" : op] || 0;
    return (tabs[op] = el("button", { class: `fate${op === "problem" && n ? " bad" : ""}`, type: "button", "aria-expanded": "false", data: { fate: op }, on: { click: () => open(op) } }, el("b", { text: number(n) }), el("span", {}, sign(op), t(/** @type {any} */ (`fate.${op}`)))));
  });
  const how = compare.keyed ? [t("load.byKey", { n: number(compare.by_key) }), compare.by_title ? t("load.byTitle", { n: number(compare.by_title) }) : ""].filter(Boolean).join(t("list.comma")) : t("load.noKey");
  return el("section", { class: "section", id: "step-4" }, seen.new_layer ? sectionHead(t("load.makes"), t("load.makesMore")) : sectionHead(t("load.against", { n: number(compare.stored) }), how), el("div", { class: "fates" }, cells),
    compare.absent && !layer?.allowed.includes("delete") ? el("p", { class: "basis" }, t("load.absentBefore", { n: number(compare.absent) }), el("b", { text: t("load.neverDeleted") }), t("load.absentAfter")) : null, listed);
}

/** @param {any} seen @param {import("./marks.js").Fate} op @param {import("../types").Layer | undefined} layer @param {Act} act */
function fateRows(seen, op, layer, act) {
  const rows = seen.rows.features.filter((/** @type {any} */ one) => one.properties.op === op);
  return [...rows.slice(0, SHOWN).map((/** @type {any} */ one) => fateRow(one.properties, op, layer, act, lineOf(seen, one.properties.row))), rows.length > SHOWN ? el("p", { class: "hint", text: t("load.andMore", { n: number((seen.compare[op] || rows.length) - SHOWN) }) }) : null];
}

/** One row with what changes in it; of a load that is in, one feature. @param {any} one @param {import("./marks.js").Fate | "retired"} op @param {import("../types").Layer | undefined} layer @param {Act} act @param {number} line */
export function fateRow(one, op, layer, act, line) {
  const name = one.row == null ? `id-${one.id}` : `row-${one.row}`;
  const label = (/** @type {string} */ id) => { const field = layer?.fields.find((each) => each.id === id); return field ? say(field.label) : id; };
  const shown = (/** @type {any} */ value) => (value == null ? t("unknown") : Array.isArray(value) ? value.join(t("list.comma")) : String(value));
  const changes = [...(one.changes || []).map((/** @type {any} */ each) => (each.before == null && each.after == null ? [label(each.field), el("span", { class: "meta", text: t("load.hiddenChange") })] : [label(each.field), [el("span", { class: "was", text: shown(each.before) }), " → ", el("b", { text: shown(each.after) })]])),
    ...(one.moved_m != null ? [[t("load.place"), el("b", { text: one.moved_m < 0.5 ? t("load.shapeOnly") : t("load.moved", { distance: distanceText(one.moved_m) }) })]] : [])];
  return el("div", { class: "fate-row", data: { row: name } },
    el("button", { type: "button", class: "fate-name", on: { click: () => act.choose(name) } }, sign(op === "retired" ? "absent" : op), one.row ? el("span", { class: "meta-3", text: t("load.row", { row: line }) }) : null, el("b", { class: "cut", text: one.title || one.key || t("load.untitled") }), one.title && one.key ? el("span", { class: "meta", text: one.key }) : null),
    changes.length ? el("dl", { class: "facts small" }, changes.flatMap(([field, value]) => [el("dt", { text: field }), el("dd", {}, value)])) : null);
}

/** @param {Problem[]} problems as many as the report holds @param {import("../types").Layer | undefined} layer @param {Act} act @param {number} [total] all that there are */
export function problemList(problems, layer, act, total = problems.length) {
  if (!problems.length) return null;
  const far = problems.filter((one) => one.found.some((each) => each.code === FAR)).length;
  const all = act.keepFar && far > 1 ? el("div", { class: "section tool-row" }, button(t("load.keepFar", { n: number(far) }), act.keepFar, { small: true })) : null;
  return el("section", { class: "flush", id: "problem-rows" }, el("div", { class: "rank-head" }, el("b", { text: t("load.problemRows") }), number(total), el("span", { class: "push", text: t("load.clickRow") })), all, problems.slice(0, SHOWN).map((one) => problemRow(one, layer, act)),
    total > SHOWN ? el("p", { class: "hint", text: t("load.andMore", { n: number(total - Math.min(problems.length, SHOWN)) }) }) : null);
}

/** @param {Problem} problem @param {import("../types").Layer | undefined} layer @param {Act} act */
function problemRow(problem, layer, act) {
  const made = el("div", { class: "problem-row", data: { row: `row-${problem.row}` }, on: { click: () => act.choose(`row-${problem.row}`) } }, sign("problem", problem.place), el("span", { class: "meta-3", text: t("load.row", { row: problem.line || problem.row }) }),
    el("span", { class: "said" }), el("span", { class: "acts-inline" }));
  const acts = /** @type {HTMLElement} */ (made.lastElementChild);
  const under = (/** @type {any} */ content) => { made.querySelector(".under")?.remove(); made.append(el("div", { class: "under", on: { click: (/** @type {Event} */ event) => event.stopPropagation() } }, content)); made.querySelector("input, select, button.btn.small")?.focus(); };
  const add = (/** @type {string} */ words, /** @type {() => void} */ go) => acts.append(button(words, go, { small: true }));
  const codes = new Set(problem.found.map((one) => one.code));
  if (codes.has(FAR)) add(t("load.keep"), () => act.decide(problem.row, { keep: true }));
  if (codes.has("key-twice")) add(t("load.pickOne"), () => under(pickOne(problem, act)));
  const fillable = problem.found.filter((one) => layer?.fields.some((field) => field.id === one.field) && one.code !== "key-twice");
  if (fillable.length) add(t("load.fill"), () => under(fillable.map((one) => fillIn(problem, one, /** @type {any} */ (layer), act))));
  const helped = acts.childElementCount > 0; // the button says what to do
  fill(/** @type {Element} */ (made.querySelector(".said")), problem.found.map((one) => el("span", {}, one.message, helped ? null : el("span", { class: "meta-3", text: ` ${one.remedy_on_page || ""}` }))));
  return made;
}

/** @param {Problem} problem @param {Act} act */
function pickOne(problem, act) {
  const first = problem.found.find((one) => one.code === "key-twice").first;
  const lines = (problem.line || problem.row) - problem.row; // a table counts its header
  return el("div", { class: "tool-row" }, button(t("load.takeFirst", { row: first + lines }), () => act.decide(problem.row, { drop: true }), { small: true }), button(t("load.takeThis", { row: problem.row + lines }), () => act.decide(first, { drop: true }), { small: true }));
}

/** @param {Problem} problem @param {any} found @param {import("../types").Layer} layer @param {Act} act */
function fillIn(problem, found, layer, act) {
  const field = /** @type {import("../types").Field} */ (layer.fields.find((one) => one.id === found.field));
  const go = () => { if (input.value.trim()) act.decide(problem.row, { fill: { [field.id]: input.value.trim() } }); };
  const typed = (/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === "Enter") go(); };
  const input = field.choices?.length ? el("select", { "aria-label": say(field.label) }, el("option", { value: "", text: "" }), field.choices.map((one) => el("option", { value: one.value, text: say(one.label) }))) : el("input", { type: field.type === "date" ? "date" : "text", value: found.value ?? "", "aria-label": say(field.label), on: { keydown: typed } });
  return el("div", { class: "fill-in" }, el("span", { class: "meta", text: say(field.label) }), el("div", { class: "input" }, input, field.unit_label ? el("span", { class: "of", text: say(field.unit_label) }) : null), button(t("load.fillGo"), go, { small: true, primary: true }));
}
