// Rows that name a feature: with its symbol and rank as on the map.
import { symbolUrl } from "../config.js";
import { el, icon, image } from "../dom.js";
import { age, ageBand, bearing, distance, distanceText, minutes, summary, titleOf } from "../format.js";
import { state } from "../state.js";
import { say, t } from "../words.js";

/** @param {import("../types").Layer} layer @param {Record<string, any>} properties */
export function symbolOf(layer, properties) {
  const shade = layer.style.shade_by && properties[layer.style.shade_by];
  const own = shade ? symbolUrl(String(shade), layer.style.family) : "";
  if (own && !own.includes("/any_")) return own;
  if (!layer.style.symbol && layer.geometry === "none") return symbolUrl("stock", layer.style.family);
  if (!layer.style.symbol && layer.style.family === "base") return symbolUrl(layer.geometry === "line" ? "line_layer" : layer.geometry === "polygon" ? "area_layer" : null, "base");
  return symbolUrl(layer.style.symbol, layer.style.family);
}

/** @param {import("../types").Layer} layer @param {import("../types").Feature} feature @param {() => void} act @param {(() => void)} [point] the row is pointed at */
export function rankedRow(layer, feature, act, point) {
  const { rank, distance_m, bearing_deg, verified_at, uncertain, duration_s, length_m } = feature.properties;
  const wind = bearing_deg == null ? "" : ` ${bearing(bearing_deg)}`;
  const [far, unit] = duration_s == null ? distance(distance_m) : [minutes(duration_s), t("unit.minutes")];
  const beside = duration_s == null ? null : el("span", { class: "meta", text: t("driving.beside", { straight: distanceText(distance_m), wind }) });
  const chosen = state.chosen?.id === feature.id;
  return el("button", { class: `row${chosen ? " chosen" : ""}`, type: "button", data: { feature: feature.id }, on: { click: act, ...(point ? { mouseenter: point, focus: point } : {}) } },
    el("span", { class: "sy" }, image(symbolOf(layer, feature.properties)), el("span", { class: `badge${ageBand(verified_at) === "overdue" ? " overdue" : ""}`, text: rank })),
    el("span", { class: "what" }, el("b", { text: titleOf(layer, feature) }), el("span", { class: "meta", text: summary(layer, feature.properties) })),
    el("span", { class: "how" }, el("span", { class: "far" }, el("b", { text: far }), el("span", { class: "unit", text: unit }), el("span", { class: "unit", text: duration_s == null ? wind : ` ${distanceText(length_m)}` })), beside, age(verified_at), (uncertain || []).map((/** @type {any} */ one) => el("span", { class: "age never doubt", text: say(one.label) }))));
}

/** @param {string} code */
const reasonIcon = (code) => (/zone|inside/.test(code) ? "inside" : /road|covered/.test(code) ? "stop" : /duty|closed|service/.test(code) ? "rest" : /old|unverified/.test(code) ? "clock" : /filter/.test(code) ? "filter" : /stock|enough|need|skill|suited/.test(code) ? "box" : "stop");

/** A row left out with its first reason; where there are more, how many, and all of them when it is opened.
 * @param {import("../types").Layer} layer @param {{id: string, name: string, distance_m: number | null, reasons: {code: string, label: any}[]}} out @param {() => void} act @param {Set<string>} opened ids of those that are open */
export function leftOutRow(layer, out, act, opened) {
  const far = out.distance_m == null ? "" : distance(out.distance_m).join(" ");
  const [first, ...others] = out.reasons.map((one) => say(one.label));
  const all = el("ul", { class: "reasons", hidden: !opened.has(out.id) }, out.reasons.map((one) => el("li", {}, icon(reasonIcon(one.code)), el("span", { text: say(one.label) }))));
  const more = others.length ? el("button", { class: "more", type: "button", "aria-expanded": String(opened.has(out.id)), title: others.join(t("list.comma")), "aria-label": t("nearest.moreReasons", { n: others.length, name: out.name }), text: `+${others.length}`, on: { click: () => turn() } }) : null;
  const turn = () => {
    all.hidden = !all.hidden;
    more.setAttribute("aria-expanded", String(!all.hidden));
    if (all.hidden) opened.delete(out.id);
    else opened.add(out.id);
  };
  const row = el("button", { class: "left-out", type: "button", on: { click: act } }, image(symbolOf(layer, {})),
    el("span", { class: "nm" }, el("b", { text: out.name }), el("span", { text: far })),
    el("span", { class: "why" }, icon(reasonIcon(out.reasons[0]?.code || "")), el("span", { text: first || "" })));
  return el("div", { class: "out" }, row, more, others.length ? all : null);
}

/** @param {import("../types").Layer} layer @param {import("../types").Feature} feature @param {any} aside @param {(() => void) | undefined} act */
export const plainRow = (layer, feature, aside, act) =>
  el(act ? "button" : "div", { class: "row", type: act ? "button" : null, on: act ? { click: act } : {} },
    el("span", { class: "sy plain" }, image(symbolOf(layer, feature.properties))),
    el("span", { class: "what" }, el("b", { text: titleOf(layer, feature) }), el("span", { class: "meta", text: summary(layer, feature.properties) })), el("span", { class: "how meta" }, aside));
