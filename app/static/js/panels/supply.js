// Articles met from several depots: what is short first, then what comes from where, then what does not count and why.
import { add, el, icon, image } from "../dom.js";
import { distance, number, titleOf } from "../format.js";
import { state } from "../state.js";
import { say, t } from "../words.js";
import { symbolOf } from "./rows.js";

/** @param {any} one an article of the answer */
const amount = (one, /** @type {number} */ quantity) => `${number(quantity)} ${one.unit || t("needs.noUnit")}`;

/** What is short of all articles, in one line; null where nothing is. @param {any} answer */
export function shortfall(answer) {
  const short = answer.articles.filter((/** @type {any} */ one) => one.short > 0);
  if (!short.length) return el("div", { class: "supply-sum met", role: "status" }, icon("check"), el("span", { text: t("supply.met", { n: answer.articles.length }) }));
  return el("div", { class: "supply-sum", role: "status" }, el("b", { text: t("supply.short") }), short.map((/** @type {any} */ one) => el("span", { class: "chip bad", text: `${one.name} ${amount(one, one.short)}` })));
}

/** Depots that something comes from, by their id. @param {any} answer */
export const sources = (answer) => new Map((answer?.features || []).map((/** @type {any} */ feature) => [feature.id, feature]));

/** The rows of one layer's depots, article by article. @param {any} answer @param {import("../types").Layer} layer @param {(id: string) => void} show */
export function supplyRows(answer, layer, show) {
  const depots = sources(answer);
  return answer.articles.map((/** @type {any} */ one) => {
    const parts = one.from.filter((/** @type {any} */ part) => part.layer === layer.id);
    const faults = one.not_counted.filter((/** @type {any} */ part) => part.layer === layer.id);
    return [
      el("div", { class: "supply-head" }, el("b", { text: one.name }), el("span", { text: t("supply.of", { met: number(one.met), asked: amount(one, one.asked) }) }), one.short > 0 ? el("span", { class: "chip bad push", text: t("supply.lacks", { quantity: amount(one, one.short) }) }) : el("span", { class: "push", text: t("supply.enough") })),
      parts.map((/** @type {any} */ part) => partRow(layer, depots.get(part.feature), part, one, () => show(part.feature))),
      parts.length ? null : el("div", { class: "none-row", text: t("supply.nobody", { article: one.name }) }),
      faults.map((/** @type {any} */ part) => faultRow(part)),
    ];
  });
}

/** @param {import("../types").Layer} layer @param {import("../types").Feature} depot @param {any} part @param {any} one @param {() => void} act */
function partRow(layer, depot, part, one, act) {
  const [far, unit] = distance(part.distance_m);
  const lines = part.lines.map((/** @type {any} */ line) => t("supply.line", { code: line.code || t("supply.noCode"), quantity: number(line.quantity), expires: line.expires_on || t("unknown") })).join(t("list.comma"));
  return el("button", { class: `row${state.chosen?.id === depot.id ? " chosen" : ""}`, type: "button", data: { feature: depot.id }, on: { click: act } },
    el("span", { class: "sy" }, image(symbolOf(layer, depot.properties)), el("span", { class: "badge", text: depot.properties.rank })),
    el("span", { class: "what" }, el("b", { text: titleOf(layer, depot) }), el("span", { class: "meta", text: lines, title: lines })),
    el("span", { class: "how" }, el("span", { class: "far" }, el("b", { text: number(part.quantity) }), el("span", { class: "unit", text: ` ${one.unit || ""}` })), el("span", { class: "unit", text: `${far} ${unit}` })));
}

/** A line that does not count. @param {any} part */
function faultRow(part) {
  const [far, unit] = distance(part.distance_m);
  const name = part.code || t("supply.noCode");
  return add(el("div", { class: "left-out still" }), icon("box"), el("span", { class: "nm" }, el("b", { text: name }), el("span", { text: `${far} ${unit}` })), el("span", { class: "why" }, el("span", { text: say(part.reason.label) })));
}
