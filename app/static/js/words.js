// The words of the page in the reader's language; layer words come with the layers.
import { config } from "./config.js";
import { en } from "./words/en.js";
import { zh } from "./words/zh.js";

/** @type {Record<string, Record<string, string>>} */
const TABLES = { zh, en };
const table = TABLES[config.language] || zh;

export const language = config.language;
export const locale = language === "zh" ? "zh-CN" : "en-GB";

const rules = new Intl.PluralRules(locale);
const FORMS = /\{(\w+)\|((?:[^{}|]|\{\w+\})*)\|((?:[^{}|]|\{\w+\})*)\}/g;

/** Whether a count, a number or one written with its thousands apart, takes the form for one. @param {string | number | undefined} value */
const isOne = (value) => value != null && value !== "" && rules.select(Number(String(value).replace(/[,\s\u00a0\u202f]/g, ""))) === "one";

/** The words for a key with `{name}` places filled in, and of `{name|row|rows}` the form that goes with its count. A key that is missing shows itself, and a test finds it.
 * @param {keyof typeof zh} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  return (table[key] ?? key).replace(FORMS, (whole, name, one, other) => (isOne(values[name]) ? one : other)).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** @param {import("./types").Label | string | null | undefined} label */
export const say = (label) => (label == null ? "" : typeof label === "string" ? label : label[language] || label.zh);
