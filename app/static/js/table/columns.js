// The columns of a layer's table: which there are, which are seen, how wide, and what stands in a cell.
import { el } from "../dom.js";
import { age, unitOf, words } from "../format.js";
import { say, t } from "../words.js";
import { keepLook, lookOf } from "./kept.js";

const FIRST = 9; // columns at first: more than that is read by scrolling sideways
const WIDEST_HEAD = 180;
const LATE = new Set(["adcode", "source", "source_date"]); // of every layer, and seldom what a table is opened for

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Field} Field @typedef {import("../types").Feature} Feature */

/** All fields in the order of the table: name and code, what the layer is summed up by, what is counted, how fresh, then the rest.
 * @param {Layer} layer */
export function fieldsInOrder(layer) {
  const first = [layer.title, layer.key, ...layer.summary].filter(Boolean);
  const place = (/** @type {Field} */ field) => (first.includes(field.id) ? first.indexOf(field.id) - 100 : field.counts_as ? -2 : field.id === "verified_at" ? -1 : LATE.has(field.id) ? 1 : 0);
  return [...layer.fields].sort((a, b) => place(a) - place(b)); // sorting keeps the order of equals
}

/** The fields seen, as kept or as at first. @param {Layer} layer @returns {Field[]} */
export function columnsSeen(layer) {
  const all = fieldsInOrder(layer);
  const kept = lookOf(layer.id).columns;
  const chosen = kept && all.filter((field) => kept.includes(field.id));
  if (chosen?.length) return chosen;
  return all.filter((field) => !LATE.has(field.id)).slice(0, FIRST);
}

/** @param {Layer} layer @param {string[]} ids */
export const seeColumns = (layer, ids) => keepLook(layer.id, { columns: ids });

/** @param {Field} field */
export const isNumber = (field) => (field.type === "integer" || field.type === "number") && !field.choices?.length;

/** The least width of a column in px, and its share of what is left. @param {Layer} layer @param {Field} field @returns {[number, number]} */
export function widthOf(layer, field) {
  const [least, share] = widthOfValues(layer, field);
  const letters = [...`${say(field.label)}${unitOf(field.unit)}`].reduce((sum, one) => sum + (one > "\u2e7f" ? 12 : 7), 0);
  return [Math.max(least, Math.min(WIDEST_HEAD, letters + 66)), share]; // beside the words stand the unit, the way and the funnel
}

/** @param {Layer} layer @param {Field} field @returns {[number, number]} */
function widthOfValues(layer, field) {
  if (field.id === layer.title) return [184, 2];
  if (isNumber(field)) return [104, 1];
  if (field.type === "boolean") return [84, 1];
  if (field.type === "date" || field.type === "datetime") return [148, 1]; // an age in English words
  if (field.id === layer.key || field.choices?.length) return [96, 1];
  return [132, 1.4];
}

/** @param {Field} field */
export const headingOf = (field) => [say(field.label), field.unit && el("span", { class: "unit", text: unitOf(field.unit) })];

/** Whether this reader may look for a value, or only see it masked. @param {Layer} layer @param {Field} field */
export const isOpen = (layer, field) => !field.sensitivity || field.sensitivity === "public" || layer.allowed.includes("reveal");

/** What stands in a cell. `names` has the names of features referred to.
 * @param {Field} field @param {Feature} feature @param {Map<string, string>} names */
export function cellOf(field, feature, names) {
  const value = feature.properties[field.id];
  if (field.id === "verified_at") return age(value);
  if (field.reference && value) return names.get(value) ?? "…";
  const said = words(field, value);
  return said == null ? el("span", { class: "unknown", text: t("unknown") }) : said;
}
