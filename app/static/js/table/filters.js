// Quick filters of single columns: what is typed in a small form, as words on a chip and as CQL2 for the server.
import { ask, query } from "../api.js";
import { add, button, el } from "../dom.js";
import { dayOf, unitOf } from "../format.js";
import { state } from "../state.js";
import { say, t } from "../words.js";
import { isNumber } from "./columns.js";

const DAY = 86400000;
const MOST_NAMED = 500; // features offered to choose from
const BANDS = /** @type {const} */ (["fresh", "ageing", "overdue", "never"]);

/** @typedef {import("../types").Field} Field */
/** What is wanted of one field; `unknown` asks for those that have no value.
 * @typedef {{text?: string, values?: any[], names?: string[], from?: string, to?: string, bands?: string[], unknown?: boolean}} Wish */

/** @param {Field} field @returns {"age" | "none" | "choice" | "named" | "number" | "time" | "text"} */
export function kindOf(field) {
  if (field.id === "verified_at") return "age";
  if (field.many) return "none";
  if (field.choices?.length || field.type === "boolean") return "choice";
  if (field.reference) return "named";
  if (isNumber(field)) return "number";
  return field.type === "date" || field.type === "datetime" ? "time" : "text";
}

/** @param {any} value */
const literal = (value) => (typeof value === "boolean" ? (value ? "TRUE" : "FALSE") : typeof value === "number" ? String(value) : `'${String(value).replaceAll("'", "''")}'`);

/** The wish as a condition of CQL2. @param {Field} field @param {Wish} wish @returns {string} */
export function conditionOf(field, wish) {
  const name = field.id;
  if (wish.unknown) return `${name} IS NULL`;
  if (wish.text) return `CASEI(${name}) LIKE CASEI(${literal(`%${wish.text.replace(/[\\%_]/g, "\\$&")}%`)})`;
  if (wish.values) return wish.values.map((value) => `${name} = ${literal(value)}`).join(" OR ");
  if (wish.bands) return wish.bands.map((band) => bandOf(name, band)).join(" OR ");
  const end = (/** @type {string} */ text, /** @type {boolean} */ last) => {
    if (isNumber(field)) return text;
    if (field.type === "date") return `DATE('${text}')`;
    return `TIMESTAMP('${new Date(new Date(`${text}T00:00:00+08:00`).getTime() + (last ? DAY - 1 : 0)).toISOString()}')`;
  };
  return [wish.from && `${name} >= ${end(wish.from, false)}`, wish.to && `${name} <= ${end(wish.to, true)}`].filter(Boolean).join(" AND ");
}

/** @param {string} name @param {string} band as `ageBand` in format.js */
function bandOf(name, band) {
  const ago = (/** @type {number} */ days) => `TIMESTAMP('${new Date(Date.now() - days * DAY).toISOString()}')`;
  if (band === "never") return `${name} IS NULL`;
  if (band === "fresh") return `${name} > ${ago(7)}`;
  return band === "ageing" ? `(${name} <= ${ago(7)} AND ${name} > ${ago(30)})` : `${name} <= ${ago(30)}`;
}

/** All wishes together. @param {Map<string, {field: Field, wish: Wish}>} wishes */
export const filterOf = (wishes) => [...wishes.values()].map(({ field, wish }) => `(${conditionOf(field, wish)})`).join(" AND ");

/** The wish in words. @param {Field} field @param {Wish} wish */
export function wordsOf(field, wish) {
  const label = say(field.label);
  if (wish.unknown) return t("table.isUnknown", { field: label });
  if (wish.text) return t("table.contains", { field: label, text: wish.text });
  if (wish.values) return t("table.isOneOf", { field: label, values: (wish.names || wish.values).join(t("list.comma")) });
  if (wish.bands) return t("table.isOneOf", { field: label, values: wish.bands.map((band) => t(/** @type {any} */ (`table.band.${band}`))).join(t("list.comma")) });
  const unit = field.unit ? ` ${unitOf(field.unit)}` : "";
  if (wish.from && wish.to) return t("table.between", { field: label, from: wish.from, to: wish.to + unit });
  return wish.from ? t("table.atLeast", { field: label, from: wish.from + unit }) : t("table.atMost", { field: label, to: (wish.to || "") + unit });
}

/** A small form for a wish; `done(null)` takes the filter away.
 * @param {Field} field @param {Wish | undefined} wish @param {(wish: Wish | null) => void} done */
export function wishForm(field, wish, done) {
  const kind = kindOf(field);
  const unknown = el("input", { class: "tick", type: "checkbox" });
  unknown.checked = Boolean(wish?.unknown);
  /** @type {() => Wish | null} */
  let read = () => null;
  const body = el("div", { class: "wish-body" });
  if (kind === "text") {
    const text = el("input", { value: wish?.text || "", maxlength: "100", "aria-label": t("table.containsHint"), placeholder: t("table.containsHint") });
    add(body, el("div", { class: "input" }, text));
    read = () => (text.value.trim() ? { text: text.value.trim() } : null);
  } else if (kind === "number" || kind === "time") {
    const [from, to] = /** @type {const} */ (["from", "to"]).map((end) => el("input", { type: kind === "time" ? "date" : "text", inputmode: kind === "time" ? null : "decimal", value: wish?.[end] || "", "aria-label": t(`table.${end}`), placeholder: t(`table.${end}`), max: kind === "time" ? dayOf(new Date(Date.now() + 3650 * DAY)) : null }));
    add(body, el("div", { class: "wish-range" }, el("div", { class: "input" }, from), "–", el("div", { class: "input" }, to, field.unit && el("span", { class: "of", text: unitOf(field.unit) }))));
    const given = (/** @type {any} */ input) => {
      const text = input.value.normalize("NFKC").replaceAll(",", "").trim();
      const wrong = kind === "number" && text !== "" && !/^-?\d+(\.\d+)?$/.test(text);
      input.parentElement.classList.toggle("bad", wrong);
      input.setAttribute("aria-invalid", String(wrong));
      if (wrong) throw new RangeError(text);
      return text || undefined;
    };
    read = () => {
      const ends = { from: given(from), to: given(to) };
      return ends.from || ends.to ? ends : null;
    };
  } else if (kind === "choice" || kind === "age") {
    const all = kind === "age" ? BANDS.map((band) => ({ value: band, words: t(`table.band.${band}`) }))
      : field.type === "boolean" ? [true, false].map((value) => ({ value, words: t(value ? "yes" : "no") })) : (field.choices || []).map((one) => ({ value: one.value, words: say(one.label) }));
    const before = kind === "age" ? wish?.bands : wish?.values;
    const ticks = all.map((one) => { const tick = el("input", { class: "tick", type: "checkbox" }); tick.checked = Boolean(before?.includes(one.value)); return tick; });
    add(body, all.map((one, i) => el("label", { class: "wish-choice" }, ticks[i], el("span", { text: one.words }))));
    read = () => {
      const chosen = all.filter((_, i) => ticks[i].checked);
      if (!chosen.length) return null;
      return kind === "age" ? { bands: chosen.map((one) => String(one.value)) } : { values: chosen.map((one) => one.value), names: chosen.map((one) => one.words) };
    };
  } else if (kind === "named") {
    const choice = el("select", { "aria-label": say(field.label) }, el("option", { value: "", text: t("table.any") }));
    add(body, el("div", { class: "input" }, choice));
    offer(field, choice, wish);
    read = () => (choice.value ? { values: [choice.value], names: [choice.selectedOptions[0].textContent] } : null);
  }
  const go = () => {
    try {
      done(unknown.checked ? { unknown: true } : read());
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  };
  const form = el("form", { class: "wish", on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); go(); } } }, el("h2", { text: say(field.label) }), body,
    kind === "age" ? null : el("label", { class: "wish-choice" }, unknown, el("span", { text: t("table.onlyUnknown") })),
    el("div", { class: "tool-row" }, button(t("table.apply"), () => undefined, { small: true, primary: true, type: "submit" }), wish && button(t("table.clear"), () => done(null), { small: true })));
  return form;
}

/** The features that a reference may name. @param {Field} field @param {any} choice @param {Wish | undefined} wish */
async function offer(field, choice, wish) {
  const target = state.layers.get(field.reference || "");
  const name = target && (target.title || target.key);
  if (!target || !name) return;
  const page = await ask(`layers/${target.id}/features?${query({ limit: MOST_NAMED, fields: name, geometry: false, count: false, sort: name })}`).catch(() => ({ features: [] }));
  add(choice, page.features.map((/** @type {any} */ one) => el("option", { value: one.id, text: one.properties[name] || one.id, selected: wish?.values?.includes(one.id) })));
}
