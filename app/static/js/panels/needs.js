// What is needed, entered in the ranking: skills, a hazard, articles in stock, for which incident; and the limits of age that it is judged by.
import { ask } from "../api.js";
import { add, button, el, icon, iconButton } from "../dom.js";
import { number, titleOf, unitOf } from "../format.js";
import { waiting } from "../panel.js";
import { state } from "../state.js";
import { say, t } from "../words.js";

const MOST = 20; // articles of one question

/** @typedef {{name: string, unit: string | null, quantity: number}} Article */
/** @typedef {"" | "needs" | "limits"} Part */

export class Needs {
  /** @param {{changed: () => void, drawn: () => void}} act `changed`: another question; `drawn`: the same, shown otherwise */
  constructor(act) {
    this.act = act;
    /** @type {Part} */
    this.open = "";
    /** What there is to ask for, as last heard. @type {any} */
    this.known = null;
    /** @type {{id: string, name: string}[]} */
    this.incidents = [];
    this.clear();
  }

  clear() {
    /** @type {string[]} */
    this.skills = [];
    this.hazard = "";
    this.incident = "";
    /** @type {Article[]} */
    this.articles = [];
    /** @type {Record<string, number>} */
    this.limits = {};
    this.open = "";
  }

  /** The part of a question's body. */
  body() {
    const articles = this.asked().map(({ name, unit, quantity }) => ({ name, quantity, ...(unit ? { unit } : {}) }));
    const needs = { ...(this.skills.length ? { skills: this.skills } : {}), ...(this.hazard ? { hazard: this.hazard } : {}), ...(articles.length ? { articles } : {}) };
    return { ...(Object.keys(needs).length ? { needs } : {}), ...(this.incident ? { incident: this.incident } : {}), ...this.limits };
  }

  /** Articles with a quantity: one without is still being entered. */
  asked() {
    return this.articles.filter((one) => one.quantity > 0);
  }

  /** What is asked for of a layer, in words for the head of its rows. @param {import("../types").Layer | undefined} layer */
  wordsFor(layer) {
    if (!layer) return "";
    const of = (/** @type {string} */ need) => layer.out_of_service.some((/** @type {any} */ one) => one.need === need);
    const said = [];
    if (of("skills")) said.push(...this.skills.map((one) => this.word("skills", one)));
    if (of("hazard") && this.hazard) said.push(t("needs.suits", { hazard: this.word("hazard", this.hazard) }));
    return said.join(t("list.comma"));
  }

  /** @param {"skills" | "hazard"} need @param {string} value */
  word(need, value) {
    const found = this.known?.[need].find((/** @type {any} */ one) => one.value === value);
    return found ? say(found.label) : value;
  }

  /** Open or close one part of the form. @param {Part} part */
  async turn(part) {
    this.open = this.open === part ? "" : part;
    this.act.drawn();
    if (!this.open) return;
    try {
      [this.known, this.incidents] = await Promise.all([ask("needs"), incidents()]);
    } catch (error) {
      this.known = { error };
    }
    this.act.drawn();
  }

  /** The two doors, with what stands behind each. @param {any} aside */
  bar(aside) {
    const needed = this.skills.length + this.asked().length + Number(Boolean(this.hazard)) + Number(Boolean(this.incident));
    const set = Object.keys(this.limits).length;
    const door = (/** @type {"needs" | "limits"} */ part, /** @type {any} */ picture, /** @type {number} */ count) => el("button", { class: "btn small", type: "button", "aria-expanded": String(this.open === part), "aria-controls": "needs-form", data: { part }, on: { click: () => this.turn(part) } },
      icon(picture), el("span", { class: "cut", text: t(`needs.${part}`) }), count ? el("span", { class: "count", text: count }) : null);
    return el("div", { class: "tool-row needs-bar" }, door("needs", "box", needed), door("limits", "clock", set), needed + set ? button(t("needs.clear"), () => { this.clear(); this.act.changed(); }, { small: true }) : null, aside);
  }

  /** The open part of the form, or null. */
  form() {
    if (!this.open) return null;
    const body = el("div", { class: "needs-form", id: "needs-form" });
    if (!this.known) return add(body, waiting());
    if (this.known.error) return add(body, el("p", { class: "hint bad", text: this.known.error.message }));
    return this.open === "needs" ? add(body, this.skillField(), this.choiceField("hazard", this.known.hazard.map((/** @type {any} */ one) => [one.value, say(one.label)])), this.articleFields(), this.incidents.length ? this.choiceField("incident", this.incidents.map((one) => [one.id, one.name])) : null) : add(body, this.limitFields());
  }

  skillField() {
    const chip = (/** @type {any} */ one) => el("button", { class: `chip${this.skills.includes(one.value) ? " solid" : ""}`, type: "button", "aria-pressed": String(this.skills.includes(one.value)), text: say(one.label), on: { click: () => this.pick(one.value) } });
    return el("div", { class: "field top" }, el("label", { text: t("needs.skills") }), el("div", { class: "choices", role: "group", "aria-label": t("needs.skills") }, this.known.skills.map(chip)));
  }

  /** @param {string} skill */
  pick(skill) {
    this.skills = this.skills.includes(skill) ? this.skills.filter((one) => one !== skill) : [...this.skills, skill];
    this.act.changed();
  }

  /** @param {"hazard" | "incident"} name @param {[string, string][]} all */
  choiceField(name, all) {
    const box = el("select", { id: `needs-${name}`, on: { change: () => { this[name] = box.value; this.act.changed(); } } }, el("option", { value: "", text: t(`needs.no.${name}`) }), all.map(([value, text]) => el("option", { value, text })));
    box.value = this[name];
    return el("div", { class: "field" }, el("label", { for: `needs-${name}`, text: t(`needs.${name}`) }), el("div", { class: "input" }, box));
  }

  articleFields() {
    const rows = this.articles.map((one, place) => this.articleRow(one, place));
    const more = this.articles.length < MOST ? button(t("needs.addArticle"), () => { this.articles.push({ name: "", unit: null, quantity: 0 }); this.act.drawn(); }, { small: true, icon: "plus" }) : null;
    return el("div", { class: "field top" }, el("label", { text: t("needs.articles") }), el("div", { class: "articles", role: "group", "aria-label": t("needs.articles") }, rows, more));
  }

  /** @param {Article} one @param {number} place */
  articleRow(one, place) {
    const key = (/** @type {any} */ it) => JSON.stringify([it.name, it.unit]);
    const stocked = this.known.articles;
    const choose = el("select", { "aria-label": t("needs.article", { n: place + 1 }), on: { change: () => { [one.name, one.unit] = JSON.parse(choose.value); this.entered(one); } } }, el("option", { value: "", text: t("needs.choose"), disabled: true }),
      stocked.map((/** @type {any} */ it) => el("option", { value: key(it), text: it.unit ? `${it.name} · ${it.quantity == null ? t("unknown") : number(it.quantity)} ${it.unit}` : `${it.name} · ${t("needs.noUnit")}` })));
    choose.value = one.name ? key(one) : "";
    const amount = el("input", { type: "number", min: "0", step: "any", inputmode: "decimal", "aria-label": t("needs.quantity", { article: one.name || String(place + 1) }), value: one.quantity || "", on: { change: () => { one.quantity = Math.max(0, Number(amount.value) || 0); this.entered(one); } } });
    return el("div", { class: "article" }, el("div", { class: "input" }, choose), el("div", { class: "input" }, amount, el("span", { class: "of", text: one.unit || "—" })),
      iconButton("close", t("needs.remove", { article: one.name || String(place + 1) }), () => { this.articles.splice(place, 1); this.act.changed(); }));
  }

  /** A row that says both which and how much is a question; half a row is not. @param {Article} one */
  entered(one) {
    if (one.name && one.quantity > 0) this.act.changed();
    else this.act.drawn();
  }

  limitFields() {
    return Object.entries(this.known.limits).map(([name, /** @type {any} */ one]) => {
      const box = el("input", { id: `needs-${name}`, type: "number", min: "0", max: one.most, step: "1", placeholder: String(one.value), value: this.limits[name] ?? "", on: { change: () => this.limit(name, box) } });
      return el("div", { class: "field" }, el("label", { for: `needs-${name}`, text: say(one.label) }), el("div", { class: `input${name in this.limits ? " changed" : ""}` }, box, el("span", { class: "of", text: unitOf(one.unit) })),
        el("span", { class: "hint", text: t("needs.standing", { n: one.value }) }));
    });
  }

  /** @param {string} name @param {HTMLInputElement} box */
  limit(name, box) {
    if (box.value === "" || !box.checkValidity()) delete this.limits[name];
    else this.limits[name] = Number(box.value);
    this.act.changed();
  }
}

/** Incidents that zones of some layer belong to, newest first. */
async function incidents() {
  const kinds = new Set([...state.layers.values()].filter((layer) => layer.zone_of).map((layer) => layer.fields.find((field) => field.id === layer.zone_of?.incident)?.reference));
  const pages = await Promise.all([...kinds].map(async (id) => ({ layer: state.layers.get(id || ""), page: id && state.layers.has(id) ? await ask(`layers/${id}/features?limit=50&count=false&sort=-created_at`) : { features: [] } })));
  return pages.flatMap(({ layer, page }) => page.features.map((/** @type {any} */ feature) => ({ id: feature.id, name: layer ? titleOf(layer, feature) : feature.id })));
}

