// One box for each field of a layer: what is typed, what it was, what is wrong with it.
import { add, el, fill, icon } from "../dom.js";
import { unitOf, words } from "../format.js";
import { isMasked } from "../masking.js";
import { say, t } from "../words.js";

/** @typedef {import("../types").Field} Field */

/** One field's box, with its value now. */
export class Entry {
  /** `fixed`: shown, not typed, for entries of a ledger make it; `reveal`: makes the button that shows a masked value whole.
   * @param {Field} field @param {any} was @param {any} now @param {(entry: Entry) => void} changed @param {{fixed?: boolean, reveal?: ((show: (value: any, button: HTMLButtonElement) => void) => HTMLElement | null) | null}} [about] */
  constructor(field, was, now, changed, { fixed = false, reveal = null } = {}) {
    this.field = field;
    this.fixed = fixed;
    this.reveal = reveal;
    this.whole = /** @type {string | null} */ (null); // what was behind the asterisks, once it was shown
    this.was = was ?? null;
    this.hint = el("div", { class: "hint", hidden: true });
    this.control = this.make(changed);
    this.struck = el("span", { class: "was", hidden: true });
    this.box = el("div", { class: "input" }, this.control, this.struck, field.unit && el("span", { class: "of", text: unitOf(field.unit) }));
    this.row = el("div", { class: "field" }, el("label", { for: field.many ? null : `f-${field.id}` }, say(field.label), field.required ? " *" : ""), this.box, this.hint);
    if (fixed) this.control.readOnly = true;
    this.rest();
    if (now !== this.was) this.put(now);
  }

  /** @param {(entry: Entry) => void} changed */
  make(changed) {
    const { field } = this;
    const given = { id: `f-${field.id}`, on: { input: () => { this.mark(); changed(this); }, keydown: (/** @type {Event} */ event) => event.stopPropagation() } };
    if (field.type === "boolean") return el("select", given, this.options([["", t("unknown")], ["true", t("yes")], ["false", t("no")]], this.was == null ? "" : String(this.was)));
    if (field.choices?.length) {
      const all = field.choices.map((one) => /** @type {[string, string]} */ ([String(one.value), say(one.label)]));
      if (field.many) return el("div", { ...given, class: "ticks", role: "group", "aria-label": say(field.label) }, all.map(([value, label]) => el("label", { class: "chip" }, el("input", { type: "checkbox", class: "heard", value, checked: (this.was || []).map(String).includes(value) }), label)));
      return el("select", given, this.options([["", t("unknown")], ...all], this.was == null ? "" : String(this.was)));
    }
    if (field.type === "text" && (field.max_length || 0) > 500) return el("textarea", { ...given, value: this.was ?? "" });
    const kinds = { date: "date", datetime: "datetime-local" };
    return el("input", { ...given, type: /** @type {any} */ (kinds)[field.type] || "text", inputmode: field.type === "integer" || field.type === "number" ? "decimal" : null, maxlength: field.type === "text" ? field.max_length : null, value: this.shown(this.was) });
  }

  /** @param {[string, string][]} all @param {string} chosen */
  options(all, chosen) {
    return all.map(([value, label]) => el("option", { value, selected: chosen === value, text: label }));
  }

  /** The boxes of a field that may have many. @returns {HTMLInputElement[]} */
  get ticks() {
    return [...this.control.querySelectorAll("input")];
  }

  /** The keyboard comes here. */
  focus() {
    (this.field.many ? this.ticks[0] : this.control).focus();
  }

  /** Show a value that was not typed. @param {any} value */
  put(value) {
    const { field, control } = this;
    if (field.many) for (const one of this.ticks) one.checked = (value || []).map(String).includes(one.value);
    else control.value = field.type === "boolean" || field.choices?.length ? String(value ?? "") : this.shown(value);
    this.mark();
  }

  /** @param {any} value */
  shown(value) {
    if (value == null) return "";
    if (this.field.type === "datetime") {
      const when = new Date(value);
      return new Date(when.getTime() - when.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    }
    return this.field.type === "date" ? String(value).slice(0, 10) : String(value);
  }

  get value() {
    const { field, control } = this;
    if (field.many) {
      const chosen = this.ticks.filter((one) => one.checked).map((one) => field.choices?.find((choice) => String(choice.value) === one.value)?.value);
      return [...chosen].sort().join() === [...(this.was || [])].sort().join() ? this.was : chosen; // the order says nothing
    }
    const text = control.value.trim();
    if (text === "") return null;
    if (field.type === "boolean") return text === "true";
    if (field.choices?.length) return field.choices.find((one) => String(one.value) === text)?.value ?? text;
    if ((field.type === "integer" || field.type === "number") && text !== "" && Number.isFinite(Number(text.normalize("NFKC")))) return Number(text.normalize("NFKC"));
    if (field.type === "datetime") return new Date(text).toISOString();
    return text;
  }

  get changed() {
    const [now, was] = [this.value, this.was];
    if (this.field.type === "datetime" && now && was) return this.control.value !== this.shown(was);
    return now !== was;
  }

  mark() {
    this.rest();
    this.box.classList.toggle("changed", this.changed);
    const before = this.was == null ? t("unknown") : words(this.field, this.was);
    this.struck.hidden = !this.changed || this.field.many || !before;
    this.struck.textContent = before || "";
  }

  /** What is said of the field while nothing is wrong with it. */
  rest() {
    const { field } = this;
    if (isMasked(field, this.was) && !this.changed) return this.veiled();
    this.say(this.fixed ? t("book.kept") : field.description ? say(field.description) : "", false);
  }

  /** The box shows asterisks: left as they are they change nothing, and who may looks behind them. */
  veiled() {
    this.say(this.whole == null ? t("form.masked") : t("form.unmasked", { value: this.whole }), false);
    if (this.whole == null && this.reveal) add(this.hint, " ", this.reveal((value) => { this.whole = words(this.field, value) ?? t("unknown"); this.rest(); }));
  }

  /** @param {string} text @param {boolean} bad */
  say(text, bad = true) {
    this.hint.hidden = !text;
    this.hint.classList.toggle("bad", bad);
    fill(this.hint, bad && icon("warn"), bad ? ` ${text}` : text);
    this.box.classList.toggle("bad", bad);
    this.control.setAttribute("aria-invalid", String(bad));
  }
}
