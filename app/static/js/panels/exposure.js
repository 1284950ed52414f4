// What lies in the zone: figures with unit, the table by layer, the basis of every figure. Unknown is 未知, never 0.
import { add, el, fill, icon, image, button } from "../dom.js";
import { areaText, distanceText, number, timeOf, titleOf, unitOf } from "../format.js";
import { empty, section, sectionHead, waiting } from "../panel.js";
import { state } from "../state.js";
import { say, t } from "../words.js";
import { symbolOf } from "./rows.js";

/** @param {Element} body @param {import("./question.js").Question} question */
export function exposureBody(body, question) {
  add(body, shapeOf(question));
  if (question.error.zone) return question.refusal(body, question.error.zone, () => question.askExposure());
  if (!question.exposure) return add(body, waiting());
  const answer = question.exposure;
  const held = answer.layers.filter((/** @type {any} */ one) => one.count > 0);
  const size = answer.zone ? ringArea(answer.zone) : 0;
  section(body, sectionHead(t("zone.inside"), t("zone.at", { time: timeOf(answer.at), area: areaText(size) })), held.length ? figures(held) : null, held.length ? basis(held) : null);
  if (!held.length) return add(body, empty(t("zone.nothing"), t("zone.nothingAdvice")));
  const table = el("table", { class: "table" });
  add(table, el("thead", {}, el("tr", {}, el("th", { text: t("zone.what"), width: "52%" }), el("th", { class: "num", text: t("zone.count") }), el("th", { class: "num", text: t("zone.sum") }))));
  const rows = el("tbody");
  for (const one of held) layerRows(rows, one, answer, question);
  const none = answer.layers.filter((/** @type {any} */ one) => !one.count).map((/** @type {any} */ one) => say(state.layers.get(one.layer)?.label)).filter(Boolean);
  add(body, add(table, rows));
  if (none.length) add(body, el("div", { class: "none-row", text: t("zone.noneOf", { layers: none.join(t("list.comma")) }) }));
  return body;
}

/** Circle or outline, and the radius by number. @param {import("./question.js").Question} question */
function shapeOf(question) {
  const zone = state.zone;
  const circle = zone?.kind !== "polygon";
  const place = /** @type {import("../state.js").Place} */ (state.place);
  const kinds = el("div", { class: "segments", role: "group", "aria-label": t("zone.shape") },
    el("button", { type: "button", "aria-pressed": String(circle), text: t("zone.circle"), on: { click: () => circle || question.setZone({ kind: "circle", lon: place.lon, lat: place.lat, radius_m: 1000 }) } }),
    el("button", { type: "button", "aria-pressed": String(!circle), text: t("zone.polygon"), on: { click: () => question.drawing.draw("Polygon", (geometry) => question.polygon(geometry)) } }));
  const box = el("section", { class: "section" }, sectionHead(t("zone.title"), circle ? t("zone.notRule") : t("zone.reshape")), el("div", { class: "field" }, el("span", { class: "meta", text: t("zone.shape") }), kinds));
  if (zone?.kind === "circle") {
    const input = el("input", { id: "radius", type: "number", min: "10", max: "100000", step: "10", inputmode: "numeric", value: String(zone.radius_m) });
    const changed = () => {
      const radius = Number(input.value);
      if (radius >= 10 && radius <= 100000 && radius !== zone.radius_m) question.setZone({ ...zone, radius_m: radius });
    };
    input.addEventListener("change", changed);
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") changed(); event.stopPropagation(); });
    const quick = el("div", { class: "hint choices" }, [100, 400, 800, 1600, 3000].map((metres) => el("button", { class: `chip${metres === zone.radius_m ? " solid" : ""}`, type: "button", text: metres < 1000 ? `${metres} m` : `${metres / 1000} km`, on: { click: () => question.setZone({ ...zone, radius_m: metres }) } })));
    add(box, el("div", { class: "field" }, el("label", { for: "radius", text: t("zone.radius") }), el("div", { class: "input" }, input, el("span", { class: "of", text: "m" })), quick));
  } else add(box, el("div", { class: "field" }, el("span"), button(t("zone.again"), () => question.drawing.draw("Polygon", (geometry) => question.polygon(geometry)), { small: true, icon: "zone" })));
  return box;
}

/** Up to four: people first, then counts of the layers that hold something. @param {any[]} held */
function figures(held) {
  const sums = held.flatMap((one) => Object.entries(one.measures || {}).map(([id, sum]) => ({ one, id, sum: /** @type {any} */ (sum) })));
  const people = sums.filter(({ sum }) => sum.counts_as === "people" && sum.sum != null).map(({ one, sum }) => figure(one, sum)).slice(0, 2);
  const counts = held.map((one) => figure(one, null)).slice(0, 4 - people.length);
  return el("div", { class: "figures" }, [...people, ...counts]);
}

/** @param {any} one @param {any} sum */
function figure(one, sum) {
  const layer = state.layers.get(one.layer);
  if (!layer) return null;
  const known = !sum || sum.sum != null;
  const value = sum ? (known ? number(sum.sum) : t("unknown")) : number(one.count);
  return el("div", { class: "figure" }, el("b", { class: known ? "" : "unknown", text: value }), known && el("span", { class: "unit", text: sum ? unitOf(sum.unit) : t("unit.places") }),
    el("div", { class: "meta", title: say(layer.label) }, image(symbolOf(layer, {})), el("span", { text: sum ? t("zone.of", { n: one.count, layer: say(layer.label) }) : say(layer.label) })));
}

/** @param {any[]} held */
function basis(held) {
  const lines = held.filter((one) => Object.keys(one.measures || {}).length).map((one) => {
    const layer = state.layers.get(one.layer);
    const from = one.basis || {};
    const sources = (from.sources || []).filter(Boolean).slice(0, 3).join(t("list.comma"));
    const dates = (from.source_dates || []).filter(Boolean).map((/** @type {string} */ day) => String(day).slice(0, 10));
    const unknown = Object.entries(one.measures).filter(([, sum]) => /** @type {any} */ (sum).unknown).map(([id, sum]) => t("zone.unknownOf", { n: /** @type {any} */ (sum).unknown, field: say(layer?.fields.find((field) => field.id === id)?.label) }));
    return el("p", {}, el("b", { text: say(layer?.label) }), " ", [sources || t("zone.noSource"), dates.length ? (dates.length > 1 ? `${dates[0]} – ${dates[dates.length - 1]}` : dates[0]) : "", ...unknown].filter(Boolean).join(" · "));
  });
  return lines.length ? el("div", { class: "basis", "aria-label": t("zone.basis") }, lines) : null;
}

const opened = new Set();

/** @param {Element} rows @param {any} one @param {any} answer @param {import("./question.js").Question} question */
function layerRows(rows, one, answer, question) {
  const layer = state.layers.get(one.layer);
  if (!layer) return;
  const sums = Object.entries(one.measures || {}).map(([id, sum]) => {
    const { sum: value, unknown, unit } = /** @type {any} */ (sum);
    const label = say(layer.fields.find((field) => field.id === id)?.label);
    return el("div", { title: label }, value == null ? el("span", { class: "unknown", text: t("unknown") }) : number(value), value == null ? null : el("span", { class: "unit", text: unitOf(unit) }),
      el("div", { class: "meta-3", text: unknown && value != null ? t("zone.labelUnknown", { label, n: unknown }) : label }));
  });
  const inner = answer.features.filter((/** @type {any} */ feature) => feature.properties.layer === one.layer).slice(0, 200).map((/** @type {any} */ feature) =>
    el("tr", { class: "inner", hidden: !opened.has(one.layer) },
      el("td", {}, el("button", { class: "link", type: "button", text: titleOf(layer, feature), on: { click: () => question.act.card(one.layer, feature.id) } })), el("td", { class: "num meta-3", colspan: "2", text: partWords(feature) })));
  const arrow = icon("right");
  const head = el("button", { class: "total-name", type: "button", "aria-expanded": String(opened.has(one.layer)), on: { click: () => {
    if (!opened.delete(one.layer)) opened.add(one.layer);
    head.setAttribute("aria-expanded", String(opened.has(one.layer)));
    for (const row of inner) row.hidden = !opened.has(one.layer);
  } } }, image(symbolOf(layer, {})), say(layer.label), "\u00a0", arrow);
  add(rows, el("tr", {}, el("td", {}, head), el("td", { class: "num", text: number(one.count) }), fill(el("td", { class: "num" }), sums.length ? sums : el("span", { class: "unknown", text: "—" }))), ...inner);
}

/** How much of a line or an area lies inside. @param {import("../types").Feature} feature */
function partWords({ geometry, properties: { part, fraction } }) {
  if (part == null) return t("zone.whollyIn");
  const share = fraction == null ? "" : ` · ${fraction > 0 && fraction < 0.01 ? "<1" : Math.round(fraction * 100)}%`;
  return (/Line/.test(geometry?.type || "") ? distanceText(part) : areaText(part)) + share;
}

/** Area of the zone's polygon on the sphere, for the head only. @param {any} geometry */
function ringArea(geometry) {
  const polygons = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
  const rad = Math.PI / 180;
  let total = 0;
  for (const rings of polygons) {
    rings.forEach((/** @type {number[][]} */ ring, /** @type {number} */ index) => {
      let sum = 0;
      for (let i = 0; i + 1 < ring.length; i++) sum += (ring[i + 1][0] - ring[i][0]) * rad * (2 + Math.sin(ring[i][1] * rad) + Math.sin(ring[i + 1][1] * rad));
      total += (index ? -1 : 1) * Math.abs((sum * 6371008.8 ** 2) / 2);
    });
  }
  return Math.abs(total);
}
