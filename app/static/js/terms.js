// Filters on a layer: conditions on its fields, as CQL2 for the server and in words for the reader.
import { words } from "./format.js";
import { say, t } from "./words.js";

/** @typedef {{field: string, op: "in" | "between" | "contains" | "age" | "unknown", values: any[]}} Term @typedef {import("./types").Layer} Layer @typedef {import("./types").Field} Field */

const HOUR = 3600000;
/** Bands by age, youngest first: [younger than, in hours]. The server counts by the same. @type {[string, number][]} */
export const BANDS = [["hours_6", 6], ["day_1", 24], ["days_7", 168], ["days_30", 720], ["older", Infinity], ["unknown", NaN]];

/** Fields that a filter may name: what is masked for a reader would be told by a filter. @param {Layer} layer */
export const askable = (layer) => layer.fields.filter((field) => (field.sensitivity || "public") === "public" || layer.allowed.includes("reveal"));

/** @param {Layer} layer @param {string} id */
export const fieldOf = (layer, id) => layer.fields.find((field) => field.id === id);

/** All conditions as CQL2 text; empty where there is none. Ages are counted to the minute that the layer's bands are of. @param {Layer} layer @param {Term[]} terms */
export const filterText = (layer, terms) => terms.map((term) => condition(layer, term)).filter(Boolean).map((one) => `(${one})`).join(" AND ");

/** @param {Layer} layer @param {Term} term */
function condition(layer, term) {
  const field = fieldOf(layer, term.field);
  if (!field) return "";
  const name = `"${field.id}"`;
  const [least, most] = term.values;
  if (term.op === "unknown") return `${name} IS NULL`;
  if (term.op === "contains") return `CASEI(${name}) LIKE CASEI(${quoted(`%${String(least).replace(/[\\%_]/g, "\\$&")}%`)})`;
  if (term.op === "age") return term.values.map((band) => `(${aged(name, band, new Date(layer.freshness.bands.at).getTime())})`).join(" OR ");
  if (term.op === "between") return [least != null && `${name} >= ${literal(field, least, false)}`, most != null && `${name} <= ${literal(field, most, true)}`].filter(Boolean).join(" AND ");
  const known = term.values.filter((value) => value !== null);
  return [known.length && `${name} IN (${known.map((value) => literal(field, value, false)).join(", ")})`, known.length < term.values.length && `${name} IS NULL`].filter(Boolean).join(" OR ");
}

/** @param {string} name @param {string} band @param {number} now */
function aged(name, band, now) {
  const at = BANDS.findIndex(([id]) => id === band);
  if (at < 0 || band === "unknown") return `${name} IS NULL`;
  const since = (/** @type {number} */ hours) => `TIMESTAMP('${new Date(now - hours * HOUR).toISOString().replace(".000", "")}')`;
  const [youngest, oldest] = [at ? BANDS[at - 1][1] : 0, BANDS[at][1]];
  // A band is ]at - oldest, at - youngest] in whole minutes, so up to the next minute's beginning.
  const after = Number.isFinite(oldest) ? `${name} >= ${since(oldest - 1 / 60)}` : "";
  const before = at ? `${name} < ${since(youngest - 1 / 60)}` : "";
  return [after, before].filter(Boolean).join(" AND ");
}

/** @param {Field} field @param {any} value @param {boolean} last whether a day means its end */
function literal(field, value, last) {
  if (field.type === "boolean") return value ? "TRUE" : "FALSE";
  if (field.type === "integer" || field.type === "number") return String(Number(value));
  if (field.type === "date") return `DATE('${String(value).slice(0, 10)}')`;
  if (field.type === "datetime") return `TIMESTAMP('${String(value).slice(0, 10)}T${last ? "23:59:59.999" : "00:00:00"}+08:00')`;
  return quoted(String(value));
}

/** @param {string} text */
const quoted = (text) => `'${text.replace(/'/g, "''")}'`;

/** A condition in words. @param {Layer} layer @param {Term} term */
export function termWords(layer, term) {
  const field = fieldOf(layer, term.field);
  if (!field) return t("filter.gone", { field: term.field });
  const [least, most] = term.values;
  const value = (/** @type {any} */ one) => (one === null ? t("filter.unknown") : words(field, one) || String(one));
  const said = {
    unknown: () => t("filter.unknown"), contains: () => t("filter.has", { text: least }), age: () => term.values.map((band) => t(/** @type {any} */ (`band.${band}`))).join(t("list.comma")),
    between: () => (most == null ? `≥ ${value(least)}` : least == null ? `≤ ${value(most)}` : `${value(least)} – ${value(most)}`), in: () => term.values.map(value).join(t("list.comma")),
  }[term.op]();
  return t("filter.term", { field: say(field.label), value: said });
}
