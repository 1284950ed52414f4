// What was found about a file and why, each of it open to change: encoding, system, shapes, a suspected shift, the mapping of columns.
import { add, button, el, fill, icon } from "../dom.js";
import { distanceText, number } from "../format.js";
import { sectionHead } from "../panel.js";
import { say, t } from "../words.js";
import { recalled } from "./known.js";
import { otherSystem, systemChoices, systemName, whyOf, written } from "./systems.js";

const CRS84 = "OGC:CRS84";
export const ENCODINGS = ["GB18030", "UTF-8", "Big5", "Windows-1252"];

/** @typedef {{change: (told: Partial<import("./session.js").Told>) => void, told: import("./session.js").Told}} Act */

/** @param {any} report @param {any} seen @param {import("../types").Layer | undefined} layer @param {Act} act */
export function findings(report, seen, layer, act) {
  const list = el("div", { class: "found" });
  encodingRow(list, report, seen, act);
  systemRow(list, report, seen, act);
  if (seen.places) add(list, entry(t("load.shapes"), [kinds(seen.places)], [[t("load.inOut", { inside: number(seen.places.inside), outside: number(seen.places.outside - seen.places.far) }), seen.places.far ? t("load.farAway", { n: number(seen.places.far) }) : ""].filter(Boolean).join(t("list.stop"))]));
  if (report.sublayer && act.told.sublayer) add(list, entry(t("load.sublayer"), [el("b", { text: report.sublayer })], [t("load.sublayerWhy")]));
  if (!byChainage(report)) shiftRow(list, seen, act);
  return el("section", { class: "section flush", id: "step-2" }, sectionHead(t("load.found"), t("load.changeable")), list);
}

/** @param {string} name @param {any} value @param {any} why */
const entry = (name, value, why) => el("div", { class: "found-row" }, el("div", { class: "dt", text: name }), el("div", { class: "dd" }, value), el("div", { class: "why" }, why));

/** @param {{kinds: Record<string, number>}} places */
const kinds = (places) => el("b", { text: Object.entries(places.kinds).map(([kind, n]) => t("load.kindCount", { kind: t(/** @type {any} */ (`kind.${kind}`)), n: number(n) })).join(t("list.comma")) || t("load.noShapes") });

/** A word that opens what can be chosen instead. @param {string} words @param {() => any} content */
function opener(words, content) {
  const more = el("div", { class: "found-more", hidden: true });
  const link = el("button", { class: "link", type: "button", "aria-expanded": "false", text: words, on: { click: () => {
    more.hidden = !more.hidden;
    link.setAttribute("aria-expanded", String(!more.hidden));
    if (!more.hidden && !more.childElementCount) fill(more, content());
  } } });
  return { link, more };
}

/** @param {Element} list @param {any} report @param {any} seen @param {Act} act */
function encodingRow(list, report, seen, act) {
  const { encoding } = report;
  if (!encoding?.value) return;
  const { samples = [], rival } = seen.encoding || {};
  const contradicted = (report.problems || []).find((/** @type {any} */ one) => ["encoding-contradicted", "cpg-unreadable"].includes(one.code))?.message;
  const choices = opener(t("load.change"), () => [el("div", { class: "tool-row" }, encodingButtons(encoding.value, act)), otherEncoding(act)]);
  add(list, entry(t("load.encoding"), [el("b", { text: encoding.value })], [contradicted || encoding.reason, " ", choices.link]),
    samples.length ? el("table", { class: "readings" }, el("thead", {}, el("tr", {}, el("th", { text: t("load.reads", { encoding: encoding.value }) }), el("th", { text: t("load.reads", { encoding: rival }) }))), el("tbody", {}, samples.map((/** @type {[string, string]} */ [here, there]) => el("tr", {}, el("td", { text: here }), el("td", { class: "rival", text: there }))))) : null, choices.more);
}

/** @param {Pick<Act, "change">} act */
export const otherEncoding = (act) => written(t("load.otherEncoding"), "GB18030", (encoding) => act.change({ encoding }));

/** @param {string} now @param {Act} act */
const encodingButtons = (now, act) => ENCODINGS.filter((one) => one !== now).map((one) => button(one, () => act.change({ encoding: one }), { small: true }));

/** Places measured along a line have no system of the file's own, and no shift. @param {any} report */
const byChainage = (report) => report.crs?.code === "crs-by-chainage";

/** @param {Element} list @param {any} report @param {any} seen @param {Act} act */
function systemRow(list, report, seen, act) {
  const { crs } = report;
  if (!crs?.value) return;
  if (byChainage(report)) {
    add(list, entry(t("load.crs"), [el("b", { text: t("load.byChainage") })], [systemName(crs.reason)]));
    return;
  }
  const systems = seen.systems || [];
  const now = systems.find((/** @type {any} */ one) => one.why === "said" && one.swapped === Boolean(act.told.swapped)) || systems.find((/** @type {any} */ one) => one.why === "said") || null;
  const other = systems.find((/** @type {any} */ one) => one !== now && one.distance_m && !(crs.value === CRS84 && one.crs === "EPSG:4490")); // the same degrees
  const tried = other ? t("load.alsoTried", { crs: other.crs, where: whyOf(other) }) : "";
  const takeSystem = (/** @type {{crs: string, swapped: boolean}} */ one) => act.change({ crs: one.crs, swapped: one.swapped });
  const choices = opener(t("load.change"), () => [systemChoices(systems, now, takeSystem), otherSystem(takeSystem)]);
  add(list, entry(t("load.crs"), [el("b", { text: now ? systemName(now.name) : crs.value === CRS84 ? t("load.degrees") : crs.value }), now && systemName(now.name) !== crs.value ? el("span", { class: "meta-3", text: crs.value }) : null], [[systemName(crs.reason), tried].filter(Boolean).join(t("list.stop")), " ", choices.link]), choices.more);
}

/** @param {Element} list @param {any} seen @param {Act} act */
function shiftRow(list, seen, act) {
  const { shift } = seen;
  if (!shift) {
    if (!act.told.datum && seen.places) {
      const choices = opener(t("load.change"), () => el("div", { class: "tool-row" }, datumButtons(act)));
      add(list, entry(t("load.shift"), [el("b", { text: t("load.noShift") })], [t("load.noShiftWhy"), " ", choices.link]), choices.more);
    }
    if (act.told.datum) add(list, entry(t("load.shift"), [el("b", { text: t(act.told.datum === "wgs84" ? "load.keptAsIs" : "load.corrected") })], [t("load.youSaid"), " ", el("button", { class: "link", type: "button", text: t("load.takeBack"), on: { click: () => act.change({ datum: "", datum_rows: [] }) } })]));
    return;
  }
  const values = { n: number(shift.count), distance: distanceText(shift.distance_m), bearing: `${Math.round(shift.bearing_deg)}°`, datum: shift.name };
  const row = entry("", [el("b", { text: t("load.shifted", values) })], [t("load.shiftedWhy", values), el("b", { text: t("load.youDecide") }),
    el("div", { class: "tool-row" }, button(t("load.correct", values), () => act.change({ datum: shift.datum, datum_rows: shift.whole ? [] : shift.rows }), { small: true, primary: true }), button(t("load.keepAsIs"), () => act.change({ datum: "wgs84", datum_rows: [] }), { small: true }))]);
  fill(/** @type {Element} */ (row.firstElementChild), icon("warn"), t("load.shift"));
  row.classList.add("ask");
  add(list, row);
}

/** Where coordinates may come from. @param {Pick<Act, "change">} act */
export const datumButtons = (act) => [["gcj02", "load.gcj"], ["bd09", "load.bd"], ["wgs84", "load.true"]].map(([datum, key]) => button(t(/** @type {any} */ (key)), () => act.change({ datum, datum_rows: [] }), { small: true }));

const MEASURES = /** @type {const} */ (["none", "people", "capacity", "quantity", "area", "length"]);

/** What the numbers of a column to be made count, as its name says or as somebody chose; nothing for a column without numbers. @param {any} one @param {Act} act */
function counting(one, act) {
  if (!one.counts) return el("span", { class: "meta-3", text: "—" });
  const choice = el("select", { "aria-label": t("load.sumOf", { column: one.column }), on: { change: () => act.change({ measures: { ...act.told.measures, [one.field]: choice.value } }) } }, MEASURES.map((measure) => el("option", { value: measure, text: t(`counts.${measure}`) })));
  choice.value = one.counts;
  return choice;
}

/** The columns of a file that becomes a layer of its own. @param {any} seen @param {Act} act */
function proposed(seen, act) {
  const rows = seen.columns.map((/** @type {any} */ one) => el("tr", { class: one.field ? "" : "unused" }, el("td", { text: one.column }), el("td", { class: "cut", text: one.samples.join(t("list.comma")) }),
    el("td", { title: one.field }, one.field ? t(/** @type {any} */ (`type.${one.type}`)) : t("load.ignore")), el("td", {}, counting(one, act))));
  return el("section", { class: "section flush", id: "step-3" }, el("div", { class: "rank-head" }, el("b", { text: t("load.fieldsMade") }), number(seen.columns.length)),
    el("table", { class: "table mapping" }, el("thead", {}, el("tr", {}, ["load.column", "load.sample", "load.fieldMade", "load.sums"].map((key) => el("th", { text: t(/** @type {any} */ (key)) })))), el("tbody", {}, rows)));
}

/** @param {any} report @param {any} seen @param {import("../types").Layer | undefined} layer @param {Act} act */
export function mapping(report, seen, layer, act) {
  const columns = seen.columns || [];
  if (!columns.length) return null;
  if (seen.new_layer) return proposed(seen, act);
  const label = (/** @type {string} */ id) => { const field = layer?.fields.find((one) => one.id === id); return field ? say(field.label) : id; };
  const unused = columns.filter((/** @type {any} */ one) => !one.field).length;
  const taken = new Set(columns.map((/** @type {any} */ one) => one.field));
  const rows = columns.map((/** @type {any} */ one) => {
    const choice = layer ? el("select", { "aria-label": t("load.fieldFor", { column: one.column }), on: { change: () => act.change({ mapping: { ...act.told.mapping, ...freed(columns, choice.value), [one.column]: choice.value } }) } },
      el("option", { value: "", text: t("load.ignore") }), layer.fields.map((field) => el("option", { value: field.id, text: `${say(field.label)}${taken.has(field.id) && field.id !== one.field ? ` ·` : ""}` }))) : null;
    if (choice) choice.value = one.field || "";
    return el("tr", { class: one.field ? "" : "unused" }, el("td", { text: one.column }), el("td", { class: "cut", text: one.samples.join(t("list.comma")) }), el("td", {}, choice || label(one.field || one.column)), el("td", { class: "meta", text: one.by ? t(/** @type {any} */ (`by.${one.by}`)) : t("load.noMatch") }));
  });
  const missing = seen.missing?.length ? el("div", { class: "note bad" }, el("b", { text: t("load.missing", { fields: seen.missing.map(label).join(t("list.comma")) }) }), t("load.missingAdvice")) : null;
  return el("section", { class: "section flush", id: "step-3" }, el("div", { class: "rank-head" }, el("b", { text: t("load.mapping") }), t("load.mapped", { n: columns.length - unused, unused })), missing && el("div", { class: "section" }, missing), recalled(seen, act),
    el("table", { class: "table mapping" }, el("thead", {}, el("tr", {}, ["load.column", "load.sample", "load.into", "load.reason"].map((key) => el("th", { text: t(/** @type {any} */ (key)) })))), el("tbody", {}, rows)));
}

/** A field taken from one column for another leaves the first without one. @param {any[]} columns @param {string} field */
const freed = (columns, field) => Object.fromEntries(columns.filter((one) => field && one.field === field).map((one) => [one.column, ""]));
