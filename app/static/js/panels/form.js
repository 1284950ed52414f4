// A form from the layer's fields: the same checks as everywhere, what is wrong beside the field, a colleague's edit shown and decided on.
import { ask } from "../api.js";
import { symbolUrl } from "../config.js";
import { add, button, el, fill, icon } from "../dom.js";
import { titleOf, unitOf, words } from "../format.js";
import { refused, sectionHead } from "../panel.js";
import { say, t } from "../words.js";
import { symbolOf } from "./rows.js";

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Feature} Feature @typedef {import("../types").Field} Field */
/** @typedef {{done: (saved: Feature) => void, left: () => void}} Acts */

/** One field's box, with its value now. */
class Entry {
  /** @param {Field} field @param {any} was @param {() => void} changed */
  constructor(field, was, changed) {
    this.field = field;
    this.was = was ?? null;
    this.hint = el("div", { class: "hint", hidden: true });
    this.control = this.make(changed);
    this.struck = el("span", { class: "was", hidden: true });
    this.box = el("div", { class: "input" }, this.control, this.struck, field.unit && el("span", { class: "of", text: unitOf(field.unit) }));
    this.row = el("div", { class: "field" }, el("label", { for: `f-${field.id}` }, say(field.label), field.required ? " *" : ""), this.box, this.hint);
    if (field.description) this.say(say(field.description), false);
  }

  /** @param {() => void} changed */
  make(changed) {
    const { field } = this;
    const given = { id: `f-${field.id}`, on: { input: () => { this.mark(); changed(); }, keydown: (/** @type {Event} */ event) => event.stopPropagation() } };
    if (field.type === "boolean") return el("select", given, this.options([["", t("unknown")], ["true", t("yes")], ["false", t("no")]], this.was == null ? "" : String(this.was)));
    if (field.choices?.length) {
      const all = field.choices.map((one) => /** @type {[string, string]} */ ([String(one.value), say(one.label)]));
      if (field.many) return el("select", { ...given, multiple: true, size: Math.min(4, all.length) }, this.options(all, (this.was || []).map(String)));
      return el("select", given, this.options([["", t("unknown")], ...all], this.was == null ? "" : String(this.was)));
    }
    if (field.type === "text" && (field.max_length || 0) > 500) return el("textarea", { ...given, value: this.was ?? "" });
    const kinds = { date: "date", datetime: "datetime-local" };
    return el("input", { ...given, type: /** @type {any} */ (kinds)[field.type] || "text", inputmode: field.type === "integer" || field.type === "number" ? "decimal" : null, maxlength: field.type === "text" ? field.max_length : null, value: this.shown(this.was) });
  }

  /** @param {[string, string][]} all @param {string | string[]} chosen */
  options(all, chosen) {
    return all.map(([value, label]) => el("option", { value, selected: Array.isArray(chosen) ? chosen.includes(value) : chosen === value, text: label }));
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
    if (field.many) return [...control.selectedOptions].map((/** @type {any} */ one) => field.choices?.find((choice) => String(choice.value) === one.value)?.value);
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
    if (Array.isArray(now)) return JSON.stringify(now) !== JSON.stringify(was || []);
    if (this.field.type === "datetime" && now && was) return this.control.value !== this.shown(was);
    return now !== was;
  }

  mark() {
    this.box.classList.remove("bad");
    this.box.classList.toggle("changed", this.changed);
    const before = this.was == null ? t("unknown") : words(this.field, this.was);
    this.struck.hidden = !this.changed || this.field.many || !before;
    this.struck.textContent = before || "";
    this.hint.hidden = true;
  }

  /** @param {string} text @param {boolean} bad */
  say(text, bad = true) {
    this.hint.hidden = false;
    this.hint.classList.toggle("bad", bad);
    fill(this.hint, bad && icon("warn"), bad ? ` ${text}` : text);
    this.box.classList.toggle("bad", bad);
    this.control.setAttribute("aria-invalid", String(bad));
  }
}

/** Change a feature. @param {import("../panel.js").Panel} panel @param {Layer} layer @param {Feature} feature @param {Acts} act */
export function editForm(panel, layer, feature, act) {
  const title = titleOf(layer, feature);
  const version = { now: Number(feature.properties.version) };
  const opened = panel.open({ kind: "form", picture: symbolOf(layer, feature.properties), title, meta: t("form.editing", { layer: say(layer.label), n: version.now }) });
  const top = el("div");
  const refresh = () => {
    const n = entries.filter((one) => one.changed).length;
    opened.acts(n ? button(t("form.save", { n, version: version.now + 1 }), save, { primary: true, wide: true }) : blocked(t("form.nothing")), button(t("action.cancel"), act.left));
  };
  const entries = entriesOf(layer, feature.properties, refresh);
  const reason = el("input", { id: "f-reason", maxlength: "500", placeholder: t("form.reasonHint"), on: { keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  add(opened.body, top, el("section", { class: "section" }, entries.map((one) => one.row), el("div", { class: "field" }, el("label", { for: "f-reason", text: t("form.reason") }), el("div", { class: "input" }, reason))));
  refresh();

  async function save() {
    const properties = Object.fromEntries(entries.filter((one) => one.changed).map((one) => [one.field.id, one.value]));
    try {
      const why = reason.value.trim();
      act.done(await ask(`layers/${layer.id}/features/${feature.id}${why ? `?reason=${encodeURIComponent(why)}` : ""}`, { method: "PATCH", version: version.now, body: { type: "Feature", properties } }));
    } catch (error) {
      if (/** @type {any} */ (error).status === 412) merge(/** @type {any} */ (error));
      else place(entries, top, error);
    }
  }

  /** Somebody else saved first: what they changed and one did not is taken over; what both changed is asked. @param {any} error */
  async function merge(error) {
    const theirs = await ask(`layers/${layer.id}/features/${feature.id}`);
    const both = [];
    const taken = [];
    for (const entry of entries) {
      const now = theirs.properties[entry.field.id] ?? null;
      if (JSON.stringify(now) === JSON.stringify(entry.was)) continue;
      if (entry.changed && JSON.stringify(entry.value) !== JSON.stringify(now)) both.push({ entry, now });
      else taken.push(entry);
      const mine = entry.changed;
      entry.was = now;
      if (!mine) entry.control.value = entry.field.type === "boolean" || entry.field.choices?.length ? String(now ?? "") : entry.shown(now);
      entry.mark();
    }
    version.now = Number(theirs.properties.version);
    const note = el("div", { class: "note", role: "alert" }, el("b", { text: t("form.alsoBy", { by: theirs.properties.updated_by || "—" }) }),
      taken.length ? el("p", { text: t("form.taken", { fields: taken.map((one) => say(one.field.label)).join(t("list.comma")) }) }) : null,
      both.map(({ entry, now }) => el("div", { class: "acts" }, el("span", { class: "cut", text: say(entry.field.label) }),
        button(t("form.mine", { value: words(entry.field, entry.value) ?? t("unknown") }), () => note.remove(), { small: true, primary: true }),
        button(t("form.theirs", { value: words(entry.field, now) ?? t("unknown") }), () => { entry.control.value = entry.shown(now); entry.mark(); refresh(); note.remove(); }, { small: true }))));
    fill(top, el("section", { class: "section" }, both.length || taken.length ? note : el("div", { class: "note", text: error.message })));
    opened.body.scrollTop = 0;
    refresh();
  }
}

/** Make a feature with this geometry. @param {import("../panel.js").Panel} panel @param {Layer} layer @param {any} geometry @param {Acts} act @param {string} [size] */
export function newForm(panel, layer, geometry, act, size) {
  const opened = panel.open({ kind: "form", picture: symbolUrl(layer.style.symbol || (layer.style.family === "scenario" ? "scenario_area" : null), layer.style.family), title: t("form.new", { layer: say(layer.label) }), meta: size || "" });
  const top = el("div");
  const refresh = () => {
    const missing = entries.filter((one) => one.field.required && one.value == null).map((one) => say(one.field.label));
    opened.acts(missing.length ? blocked(t("form.missing", { fields: missing.join(t("list.comma")) })) : button(t("form.create", { layer: say(layer.label) }), save, { primary: true, wide: true }), button(t("action.cancel"), act.left));
  };
  const entries = entriesOf(layer, {}, refresh);
  add(opened.body, top, el("section", { class: "section" }, sectionHead(t("form.properties")), entries.map((one) => one.row)));
  refresh();
  entries[0]?.control.focus();
  const key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()); // a second press after a cut line must not make a second feature

  async function save() {
    const properties = Object.fromEntries(entries.filter((one) => one.changed).map((one) => [one.field.id, one.value]));
    try {
      act.done(await ask(`layers/${layer.id}/features`, { body: { type: "Feature", properties, geometry }, key }));
    } catch (error) {
      place(entries, top, error);
    }
  }
}

/** @param {Layer} layer @param {Record<string, any>} properties @param {() => void} changed */
const entriesOf = (layer, properties, changed) => layer.fields.filter((field) => !field.reference && field.id !== "adcode").map((field) => new Entry(field, properties[field.id], changed));

/** @param {string} why */
const blocked = (why) => el("button", { class: "btn wide", type: "button", "aria-disabled": "true" }, el("span", { class: "cut", text: why }));

/** Each problem beside its field, the rest on top. @param {Entry[]} entries @param {Element} top @param {any} error */
function place(entries, top, error) {
  const left = [];
  for (const one of error.errors || []) {
    const entry = entries.find((each) => one.pointer?.includes(`/${each.field.id}`));
    if (entry) entry.say([one.message, one.remedy].filter(Boolean).join(t("list.stop")));
    else left.push(one);
  }
  fill(top);
  if (left.length || !(error.errors || []).length) add(top, refused(left.length ? { title: error.title, errors: left } : error));
  entries.find((one) => one.box.classList.contains("bad"))?.control.focus();
}
