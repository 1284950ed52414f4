// What lies in the zone: figures with unit, the table by layer, the basis of every figure. Unknown is 未知, never 0.
import { config } from "../config.js";
import { add, el, fill, icon, image, button } from "../dom.js";
import { areaText, distanceText, number, timeOf, titleOf, unitOf } from "../format.js";
import { empty, section, sectionHead, waiting } from "../panel.js";
import { state } from "../state.js";
import { say, t } from "../words.js";
import { symbolOf } from "./rows.js";

const LEAST_RADIUS_M = 10;
const MOST_NAMED = 200; // of one layer in the list; the count is of all

/** @param {Element} body @param {import("./question.js").Question} question */
export function exposureBody(body, question) {
  add(body, shapeOf(question));
  if (question.error.zone) return question.refusal(body, question.error.zone, () => question.askExposure());
  if (!question.exposure) return add(body, waiting());
  const answer = question.exposure;
  const held = answer.layers.filter((/** @type {any} */ one) => one.count > 0);
  section(body, sectionHead(t("zone.inside"), t("zone.at", { time: timeOf(answer.at), area: areaText(answer.zone_area_m2 || 0) })), held.length ? figures(held) : null, held.length ? basis(held) : null);
  if (!held.length) {
    add(body, empty(t("zone.nothing"), t("zone.nothingAdvice")));
    question.domino.render(body);
    return body;
  }
  const table = el("table", { class: "table" });
  add(table, el("thead", {}, el("tr", {}, el("th", { text: t("zone.what"), width: "52%" }), el("th", { class: "num", text: t("zone.count") }), el("th", { class: "num", text: t("zone.sum") }))));
  const rows = el("tbody");
  for (const one of held) layerRows(rows, one, answer, question);
  const none = answer.layers.filter((/** @type {any} */ one) => !one.count).map((/** @type {any} */ one) => say(state.layers.get(one.layer)?.label)).filter(Boolean);
  add(body, add(table, rows));
  if (none.length) add(body, el("div", { class: "none-row", text: t("zone.noneOf", { layers: none.join(t("list.comma")) }) }));
  question.domino.render(body);
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
    const input = el("input", { id: "radius", type: "number", min: String(LEAST_RADIUS_M), max: String(config.max_buffer_m), step: "10", inputmode: "numeric", value: String(zone.radius_m) });
    const limit = el("div", { class: "hint bad", role: "alert" });
    const changed = () => {
      const radius = Number(input.value);
      const fits = radius >= LEAST_RADIUS_M && radius <= config.max_buffer_m;
      limit.textContent = fits ? "" : t("zone.radiusLimit", { least: LEAST_RADIUS_M, most: number(config.max_buffer_m) });
      input.setAttribute("aria-invalid", String(!fits));
      if (fits && radius !== zone.radius_m) question.setZone({ kind: "circle", lon: zone.lon, lat: zone.lat, radius_m: radius });
    };
    input.addEventListener("change", changed);
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key !== "Enter") return;
      changed();
      if (input.getAttribute("aria-invalid") !== "true") question.panel.focus(); // done with the number: keys ask again
    });
    const quick = el("div", { class: "hint choices" }, [100, 400, 800, 1600, 3000].map((metres) => el("button", { class: `chip${metres === zone.radius_m ? " solid" : ""}`, type: "button", text: metres < 1000 ? `${metres} m` : `${metres / 1000} km`, on: { click: () => question.setZone({ kind: "circle", lon: zone.lon, lat: zone.lat, radius_m: metres }) } })));
    add(box, el("div", { class: "field" }, el("label", { for: "radius", text: t("zone.radius") }), el("div", { class: "input" }, input, el("span", { class: "of", text: "m" })), limit, quick));
  } else add(box, el("div", { class: "field" }, el("span"), button(t("zone.again"), () => question.drawing.draw("Polygon", (geometry) => question.polygon(geometry)), { small: true, icon: "zone" })));
  return box;
}

/** Up to four: people first, each field its own figure, then counts of the layers that hold something. @param {any[]} held */
function figures(held) {
  const sums = held.flatMap((one) => Object.entries(one.measures || {}).map(([id, sum]) => ({ one, id, sum: /** @type {any} */ (sum) })));
  // Some people first, then unknown, then none: a shelter that is empty says nothing of who lives here.
  const weight = (/** @type {any} */ { sum }) => (sum.sum > 0 ? 0 : sum.sum == null ? 1 : 2);
  const people = sums.filter(({ sum }) => sum.counts_as === "people").sort((one, other) => weight(one) - weight(other)).slice(0, 3);
  const counts = held.slice(0, 4 - people.length).map((one) => countFigure(one));
  return el("div", { class: "figures" }, [...people.map(({ one, id, sum }) => sumFigure(one, id, sum)), ...counts]);
}

/** A sum with the field that it is of, and how many of the features do not say. @param {any} one @param {string} id @param {any} sum */
function sumFigure(one, id, sum) {
  const layer = state.layers.get(one.layer);
  if (!layer) return null;
  const known = sum.sum != null;
  const field = say(layer.fields.find((each) => each.id === id)?.label);
  const caption = t("zone.fieldOf", { field, n: one.count, layer: say(layer.label) }) + (sum.unknown ? t("zone.someUnknown", { n: sum.unknown }) : "");
  return el("div", { class: "figure" }, el("b", { class: known ? "" : "unknown", text: known ? number(sum.sum) : t("unknown") }), known && el("span", { class: "unit", text: unitOf(sum.unit) }),
    el("div", { class: "meta" }, image(symbolOf(layer, {})), el("span", { text: caption })));
}

/** @param {any} one */
function countFigure(one) {
  const layer = state.layers.get(one.layer);
  if (!layer) return null;
  return el("div", { class: "figure" }, el("b", { text: number(one.count) }), el("span", { class: "unit", text: t("unit.places") }),
    el("div", { class: "meta" }, image(symbolOf(layer, {})), el("span", { text: say(layer.label) })));
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
  const named = answer.features.filter((/** @type {any} */ feature) => feature.properties.layer === one.layer).slice(0, MOST_NAMED);
  const inner = named.map((/** @type {any} */ feature) =>
    el("tr", { class: "inner", hidden: !opened.has(one.layer) },
      el("td", {}, el("button", { class: "link", type: "button", text: titleOf(layer, feature), on: { click: () => question.act.card(one.layer, feature.id) } })), el("td", { class: "num meta-3", colspan: "2", text: partWords(feature) })));
  if (one.count > named.length) inner.push(el("tr", { class: "inner", hidden: !opened.has(one.layer) }, el("td", { class: "meta", colspan: "3", text: t("zone.truncated", { shown: number(named.length), n: number(one.count) }) })));
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
