// What is nearest, as rows: ranked, drawn from together, without a road, left out with the reasons.
import { add, el, icon } from "../dom.js";
import { distanceText, timeOf, titleOf } from "../format.js";
import { empty, waiting } from "../panel.js";
import { nameOf, state } from "../state.js";
import { say, t } from "../words.js";
import { leftOutRow, rankedRow } from "./rows.js";
import { shortfall, sources, supplyRows } from "./supply.js";

const MOST_STRANDED = 8; // rows of those without a road; the rest is counted
const FEW = 8; // left-out rows of a layer until more are asked for

/** The ranking, or why there is none yet. @param {Element} body @param {import("./question.js").Question} question */
export function nearestBody(body, question) {
  const byRoad = question.nearest?.asked?.mode === "road";
  const at = question.nearest && !question.error.nearest ? el("span", { class: "meta-3 push", text: t(byRoad ? "nearest.atRoad" : "nearest.at", { time: timeOf(question.nearest.at) }) }) : null;
  add(body, question.driving.controls(), el("div", { class: "needs" }, question.needs.bar(at), question.needs.form()));
  if (question.error.nearest) return question.refusal(body, question.error.nearest, () => question.askNearest());
  if (!question.nearest) return add(body, waiting());
  if (state.zone) add(body, el("div", { class: "answer-head" }, el("span", { class: "chip soft" }, icon("inside"), t("nearest.zoneOut"))));
  add(body, question.driving.notes(question.nearest.layers[0]?.road));
  if (question.supply) add(body, shortfall(question.supply));
  if (!question.nearest.layers.length) return add(body, empty(t("nearest.none"), t("nearest.noneAdvice")));
  const wanted = (/** @type {any} */ one) => isSupplied(question, one.layer) || Boolean(question.needs.wordsFor(state.layers.get(one.layer)));
  for (const one of [...question.nearest.layers].sort((a, b) => Number(wanted(b)) - Number(wanted(a)))) ranking(question, body, one); // what was needed first
  return body;
}

/** @param {import("./question.js").Question} question @param {Element} body @param {any} one */
function ranking(question, body, one) {
  const layer = state.layers.get(one.layer);
  if (!layer) return;
  if (isSupplied(question, one.layer)) return combined(question, body, layer, one);
  const all = question.nearest.features.filter((/** @type {any} */ feature) => feature.properties.layer === one.layer);
  const [features, stranded] = [all.filter((/** @type {any} */ feature) => feature.properties.rank != null), all.filter((/** @type {any} */ feature) => feature.properties.rank == null)];
  const nearer = one.left_out.length;
  const needed = question.needs.wordsFor(layer);
  const first = t(one.road ? "nearest.soonest" : "nearest.first", { n: features.length });
  add(body, el("div", { class: "rank-head" }, el("b", { text: say(layer.label) }), needed ? el("span", { class: "cut", text: needed, title: needed }) : first, el("span", { class: "push", text: nearer ? t("nearest.leftOut", { n: nearer }) : t("nearest.allListed") })));
  for (const feature of features) add(body, rankedRow(layer, feature, () => question.show(one.layer, feature.id), one.road ? () => question.point(feature.id) : undefined));
  for (const feature of stranded.slice(0, MOST_STRANDED)) add(body, strandedRow(question, layer, feature));
  if (stranded.length > MOST_STRANDED) add(body, el("div", { class: "none-row", text: t("nearest.strandedMore", { n: stranded.length - MOST_STRANDED }) }));
  if (!all.length) add(body, el("div", { class: "none-row", text: t("nearest.noneOf", { layer: say(layer.label) }) }));
  leftOutRows(question, body, layer, one.left_out);
}

/** Whether the depots of a layer meet the need together, so that none is ranked alone. @param {import("./question.js").Question} question @param {string} layer */
export function isSupplied(question, layer) {
  return Boolean(question.supply?.layers.some((/** @type {any} */ one) => one.layer === layer));
}

/** The depots that together meet the need, then those left out. @param {import("./question.js").Question} question @param {Element} body @param {import("../types").Layer} layer @param {any} one */
function combined(question, body, layer, one) {
  const drawn = sources(question.supply);
  const out = one.left_out.filter((/** @type {any} */ each) => !drawn.has(each.feature));
  add(body, el("div", { class: "rank-head" }, el("b", { text: say(layer.label) }), t("supply.from", { n: drawn.size }), el("span", { class: "push", text: out.length ? t("supply.leftOut", { n: out.length }) : t("nearest.allListed") })));
  add(body, supplyRows(question.supply, layer, (id) => question.show(layer.id, id)).flat(2));
  leftOutRows(question, body, layer, out);
}

/** @param {import("./question.js").Question} question @param {Element} body @param {import("../types").Layer} layer @param {any[]} all */
function leftOutRows(question, body, layer, all) {
  const shown = question.whole.has(layer.id) ? all : all.slice(0, FEW);
  for (const out of shown) {
    const feature = question.leftOut?.get(nameOf(layer.id, out.feature));
    const name = (layer.title && feature?.properties[layer.title]) || t("feature.unnamed", { layer: say(layer.label) });
    add(body, leftOutRow(layer, { id: out.feature, name, distance_m: out.distance_m, reasons: out.reasons }, () => question.show(layer.id, out.feature), question.opened));
  }
  if (all.length > shown.length) add(body, el("div", { class: "none-row" }, `${t("nearest.more", { n: all.length - shown.length })} `, el("button", { class: "link", type: "button", text: t("nearest.listAll"), on: { click: () => { question.whole.add(layer.id); question.render(); } } })));
}

/** Who has no road left stands last, with its reason. @param {import("./question.js").Question} question @param {import("../types").Layer} layer @param {import("../types").Feature} feature */
function strandedRow(question, layer, feature) {
  const { distance_m, no_road, road_off_m } = feature.properties;
  const far = road_off_m != null && no_road.code === "not-covered" ? [{ code: "away", label: t("driving.offRoad", { far: distanceText(road_off_m) }) }] : [];
  return leftOutRow(layer, { id: feature.id, name: titleOf(layer, feature), distance_m, reasons: [no_road, ...far] }, () => question.show(layer.id, feature.id), question.opened);
}
