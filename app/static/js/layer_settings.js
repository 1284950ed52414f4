// What a reader sets on one layer: a band of freshness, filters on fields, classes by a field, opacity, its place among the others.
import { add, button, el, fill, iconButton } from "./dom.js";
import { number, unitOf } from "./format.js";
import { lookOf, moveTo, movable, placeOf, plain, setLook } from "./looks.js";
import { TileSource } from "./map/tiles.js";
import { sourceOf } from "./map/holdings.js";
import { mayShape } from "./panels/definition.js";
import { state } from "./state.js";
import { BANDS, askable, fieldOf, termWords } from "./terms.js";
import { say, t } from "./words.js";

/** @typedef {import("./types").Layer} Layer @typedef {import("./types").Field} Field @typedef {import("./terms.js").Term} Term */

/** @param {string} id @param {(id: string) => void} take make a file of the layer @returns {{element: HTMLElement, refresh: () => void}} */
export function layerSettings(id, take) {
  const parts = { bands: el("div"), terms: el("div", { class: "terms" }), editor: el("div"), style: el("div"), foot: el("div", { class: "acts" }) };
  const layer = () => /** @type {Layer} */ (state.layers.get(id));
  const chosen = el("select", { "aria-label": t("filter.field"), on: { change: () => edit() } });
  const edit = () => fill(parts.editor, chosen.value ? editor(layer(), /** @type {Field} */ (fieldOf(layer(), chosen.value))) : null);
  const opacity = opacityField(id);
  const toFile = button(t("table.export"), () => take(id), { small: true });
  toFile.dataset.key = "export";
  const element = el("div", { class: "layer-settings", id: `settings-${id}`, role: "group", "aria-label": t("settings.of", { layer: say(layer().label) }) });
  add(element, parts.bands, el("div", { class: "setting" }, el("span", { text: t("filter.title") }), el("div", {}, parts.terms, el("div", { class: "input" }, chosen), parts.editor)), parts.style, opacity.element, parts.foot);
  add(chosen, el("option", { value: "", text: t("filter.add") }), askable(layer()).map((field) => el("option", { value: field.id, text: say(field.label) })));
  const refresh = () => {
    const key = element.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.key : "";
    fill(parts.bands, bands(layer()));
    fill(parts.terms, lookOf(id).filter.map((term, at) => termChip(layer(), term, at)));
    fill(parts.style, styleField(layer()));
    fill(parts.foot, movable(layer()) && [iconButton("up", t("settings.up"), () => moveTo(layer(), placeOf(layer()) - 1)), iconButton("down", t("settings.down"), () => moveTo(layer(), placeOf(layer()) + 1))].map((one, at) => { one.dataset.key = `move-${at}`; return one; }), el("span", { class: "push" }), layer().group.id === "loaded" && mayShape() && button(t("define.open"), () => dispatchEvent(new CustomEvent("onemap:define", { detail: id })), { small: true }), toFile, button(t("settings.reset"), () => plain(id), { small: true }));
    opacity.show();
    for (const one of parts.editor.querySelectorAll("[data-value]")) one.setAttribute("aria-pressed", String(holds(id, chosen.value, /** @type {HTMLElement} */ (one).dataset.value || "")));
    if (key) /** @type {HTMLElement | null} */ (element.querySelector(`[data-key="${key}"]`))?.focus();
  };
  refresh();
  return { element, refresh };
}

/** Six counts by age; pressing one shows only those. @param {Layer} layer */
function bands(layer) {
  const { at, counts } = layer.freshness.bands;
  const on = lookOf(layer.id).filter.find((term) => term.op === "age")?.values || [];
  const toggle = (/** @type {string} */ band) => setTerm(layer.id, "verified_at", "age", on.includes(band) ? on.filter((one) => one !== band) : [...on, band]);
  const shape = { hours_6: "fresh", day_1: "fresh", days_7: "fresh", days_30: "ageing", older: "overdue", unknown: "never" };
  return el("div", { class: "bands", role: "group", "aria-label": t("band.title"), title: t("band.at", { time: new Date(at).toLocaleString() }) }, BANDS.map(([band]) => {
    const words = t(/** @type {any} */ (`band.${band}`));
    return el("button", { type: "button", "aria-pressed": String(on.includes(band)), "aria-label": t("band.count", { band: words, n: number(counts[band]) }), data: { key: `band-${band}`, band }, on: { click: () => toggle(band) } }, el("b", { text: number(counts[band]) }), " ", el("span", { class: `age ${shape[/** @type {keyof typeof shape} */ (band)]}`, text: words }));
  }));
}

/** @param {Layer} layer @param {Term} term @param {number} at */
const termChip = (layer, term, at) => el("button", { class: "chip solid", type: "button", title: t("filter.drop"), "aria-label": t("filter.dropThis", { term: termWords(layer, term) }), data: { key: `term-${at}` }, on: { click: () => setLook(layer.id, { filter: lookOf(layer.id).filter.filter((_, i) => i !== at) }) } }, el("span", { class: "cut", text: termWords(layer, term) }), "×");

/** @param {string} id @param {string} field @param {Term["op"]} op @param {any[]} values empty: no condition of this kind */
function setTerm(id, field, op, values) {
  const rest = lookOf(id).filter.filter((term) => !(term.field === field && (term.op === op || term.op === "unknown" || op === "unknown")));
  setLook(id, { filter: values.length || op === "unknown" ? [...rest, { field, op, values }] : rest });
}

/** @param {string} id @param {string} field */
const chosenValues = (id, field) => lookOf(id).filter.find((term) => term.field === field && term.op === "in")?.values || [];
/** @param {string} id @param {string} field @param {string} value */
const holds = (id, field, value) => (value === "?unknown" ? lookOf(id).filter.some((term) => term.field === field && term.op === "unknown") || chosenValues(id, field).includes(null) : chosenValues(id, field).some((one) => String(one) === value));

/** What to ask of a field, by its kind. @param {Layer} layer @param {Field} field */
function editor(layer, field) {
  const { id } = layer;
  const options = field.many ? null : field.type === "boolean" ? [{ value: true, label: t("yes") }, { value: false, label: t("no") }] : field.choices;
  const toggle = (/** @type {any} */ value) => { const now = chosenValues(id, field.id); setTerm(id, field.id, "in", now.includes(value) ? now.filter((one) => one !== value) : [...now, value]); };
  const chip = (/** @type {any} */ value, /** @type {string} */ words, /** @type {() => void} */ act) => el("button", { class: "chip", type: "button", text: words, "aria-pressed": String(holds(id, field.id, String(value))), data: { value, key: `value-${value}` }, on: { click: act } });
  if (options?.length) return el("div", { class: "choices" }, options.map((one) => chip(one.value, say(one.label), () => toggle(one.value))), chip("?unknown", t("filter.unknown"), () => toggle(null)));
  const unknown = chip("?unknown", t("filter.unknown"), () => setTerm(id, field.id, "unknown", []));
  if (field.many) return el("div", { class: "choices" }, unknown);
  if (field.type === "text") {
    const box = el("input", { type: "text", "aria-label": t("filter.contains"), placeholder: t("filter.contains"), maxlength: "100" });
    return form(() => setTerm(id, field.id, "contains", box.value.trim() ? [box.value.trim()] : []), [box], unknown);
  }
  const kind = field.type === "date" || field.type === "datetime" ? "date" : "number";
  const [least, most] = [t("filter.least"), t("filter.most")].map((words) => el("input", { type: kind, step: "any", "aria-label": words, placeholder: words }));
  const value = (/** @type {any} */ box) => (box.value === "" ? null : kind === "date" ? box.value : Number(box.value));
  return form(() => setTerm(id, field.id, "between", least.value || most.value ? [value(least), value(most)] : []), [least, most], unknown, field.unit ? unitOf(field.unit) : "");
}

/** @param {() => void} act @param {HTMLElement[]} boxes @param {HTMLElement} unknown @param {string} [unit] */
const form = (act, boxes, unknown, unit) => el("form", { class: "range", on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); act(); } } }, boxes.map((box) => el("div", { class: "input" }, box)), unit && el("span", { class: "unit", text: unit }), button(t("filter.apply"), () => {}, { small: true, type: "submit" }), unknown);

/** @param {Layer} layer */
function styleField(layer) {
  if (layer.style.paint) return null; // the ground is drawn by what it is
  const tiled = sourceOf(layer.id) instanceof TileSource;
  const carried = new Set([...layer.summary, layer.title, layer.style.shade_by]);
  const fields = askable(layer).filter((field) => !tiled || (carried.has(field.id) && (field.choices?.length || field.type === "boolean")));
  const select = el("select", { id: `by-${layer.id}`, data: { key: "by" }, on: { change: () => setLook(layer.id, { by: select.value || null }) } }, el("option", { value: "", text: t("style.none") }), fields.map((field) => el("option", { value: field.id, text: say(field.label) })));
  select.value = lookOf(layer.id).by || "";
  return el("div", { class: "setting" }, el("label", { for: `by-${layer.id}`, text: t("style.title") }), el("div", {}, el("div", { class: "input" }, select), tiled && el("p", { class: "meta-3", text: t("style.tiled") })));
}

/** @param {string} id */
function opacityField(id) {
  const out = el("output", { for: `opacity-${id}` });
  const range = el("input", { type: "range", min: "10", max: "100", step: "5", id: `opacity-${id}`, on: { input: () => { setLook(id, { opacity: Number(range.value) / 100 }); } } });
  const show = () => { const percent = Math.round(lookOf(id).opacity * 100); if (Number(range.value) !== percent) range.value = String(percent); out.textContent = `${percent} %`; };
  return { element: el("div", { class: "setting" }, el("label", { for: `opacity-${id}`, text: t("settings.opacity") }), el("div", { class: "opacity" }, range, out)), show };
}
