// A layer's features in classes by one of its fields: choices by their own letters and colours, numbers in fifths, ages by their shape.
import { ageBand, number, words } from "../format.js";
import { lookOf } from "../looks.js";
import { on } from "../state.js";
import { fieldOf } from "../terms.js";
import { say, t } from "../words.js";

/** `tone` is a class of the style sheet: a fact's own colour, a step of ink, or the shape of an age.
 * @typedef {{key: string, words: string, mark: string, tone: string, step: number}} Class @typedef {{field: import("../types").Field, classes: Class[], of: (drawn: import("../types").Drawn) => Class}} Classing */

const CLASSES = 5;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** The colours that the law gives to risk and warning, highest first. @type {Record<string, string>} */
const RISKS = { red: "warn-1", orange: "warn-2", yellow: "warn-3", blue: "warn-4" };
/** @type {Map<string, {by: string | null, classing: Classing | null}>} */
const known = new Map();

on("data", (id) => known.delete(id));
on("looks", (id) => known.delete(id));

/** How a source's features are classed, or null. @param {import("./sources.js").WholeSource | import("./tiles.js").TileSource} source @returns {Classing | null} */
export function classing(source) {
  const { layer } = source;
  const { by } = lookOf(layer.id);
  if (!by) return null;
  const kept = known.get(layer.id);
  if (kept && kept.by === by) return kept.classing;
  const field = fieldOf(layer, by);
  const made = field ? classed(field, [...("all" in source ? source.all.values() : [])].map((drawn) => valueOf(layer, drawn, by))) : null;
  const found = field && made ? { field, classes: made.classes, of: (/** @type {import("../types").Drawn} */ drawn) => made.of(valueOf(layer, drawn, by)) } : null;
  known.set(layer.id, { by, classing: found });
  return found;
}

/** @param {import("../types").Layer} layer @param {import("../types").Drawn} drawn @param {string} by */
function valueOf(layer, drawn, by) {
  if (by in drawn.properties) return drawn.properties[by];
  return by === layer.style.shade_by ? drawn.shade || null : by === layer.title ? drawn.title || null : null; // as tiles name them
}

/** @param {import("../types").Field} field @param {any[]} values @returns {{classes: Class[], of: (value: any) => Class}} */
function classed(field, values) {
  const unknown = { key: "", words: t("filter.unknown"), mark: "?", tone: "plain", step: 0 };
  const made = field.id === "verified_at" ? ages() : field.choices?.length || field.type === "boolean" ? choices(field) : ["integer", "number", "date", "datetime"].includes(field.type) ? fifths(field, values) : commonest(values);
  return { classes: [...made.classes, unknown], of: (value) => made.of(Array.isArray(value) ? value[0] : value) || unknown };
}

function ages() {
  const classes = ["fresh", "ageing", "overdue", "never"].map((key, step) => ({ key, words: t(/** @type {any} */ (`ages.${key}`)), mark: "", tone: `age ${key}`, step }));
  return { classes, of: (/** @type {any} */ value) => classes.find((one) => one.key === ageBand(value)) };
}

/** @param {import("../types").Field} field */
function choices(field) {
  const all = field.type === "boolean" ? [{ value: true, label: t("yes") }, { value: false, label: t("no") }] : field.choices || [];
  const risky = all.some((one) => String(one.value) in RISKS);
  const digits = all.every((one) => /^\d{1,2}$/.test(String(one.value)));
  const classes = all.map((one, step) => {
    const label = say(one.label);
    const mark = digits ? String(one.value) : risky || field.type === "boolean" ? label[0] : LETTERS[step] || "…";
    return { key: String(one.value), words: label, mark, tone: RISKS[String(one.value)] || "plain", step: Math.min(CLASSES, step + 1) };
  });
  return { classes, of: (/** @type {any} */ value) => classes.find((one) => one.key === String(value)) };
}

/** Fifths of those that have a value: each class holds about as many; equal values stay together. @param {import("../types").Field} field @param {any[]} values */
function fifths(field, values) {
  const dated = field.type === "date" || field.type === "datetime";
  const figure = (/** @type {any} */ value) => (value == null || value === "" ? NaN : dated ? new Date(value).getTime() : Number(value));
  const sorted = values.map(figure).filter(Number.isFinite).sort((a, b) => a - b);
  const starts = [...new Set(Array.from({ length: CLASSES }, (_, i) => sorted[Math.floor((i * sorted.length) / CLASSES)]))].filter((one) => one !== undefined);
  const said = (/** @type {number} */ value) => (dated ? words(field, new Date(value).toISOString()) : number(value)) || "";
  const classes = starts.map((start, i) => {
    const end = Math.max(...sorted.filter((one) => i + 1 === starts.length || one < starts[i + 1]));
    return { key: String(i), words: start === end ? said(start) : `${said(start)} – ${said(end)}`, mark: String(i + 1), tone: `ink-${i + 1}`, step: i + 1 };
  });
  return { classes, of: (/** @type {any} */ value) => (Number.isFinite(figure(value)) ? classes[Math.max(0, starts.findLastIndex((start) => start <= figure(value)))] : undefined) };
}

/** Words without a list: the commonest by letter, the rest together. @param {any[]} values */
function commonest(values) {
  const counts = new Map();
  for (const value of values) if (value != null && value !== "") counts.set(String(value), (counts.get(String(value)) || 0) + 1);
  const classes = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 8).map(([key], step) => ({ key, words: key, mark: LETTERS[step], tone: "plain", step: Math.min(CLASSES, step + 1) }));
  const rest = { key: "…", words: t("style.rest"), mark: "…", tone: "plain", step: 1 };
  return { classes: counts.size > classes.length ? [...classes, rest] : classes, of: (/** @type {any} */ value) => (value == null || value === "" ? undefined : classes.find((one) => one.key === String(value)) || rest) };
}
