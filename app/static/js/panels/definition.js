// What a layer made from a file is, changed while it is in use: words, symbol, fields added and retired, choices, sums; removed and restored.
import { ask } from "../api.js";
import { config, hasRole, symbolUrl } from "../config.js";
import { add, button, el, fill, image } from "../dom.js";
import { moment, unitOf } from "../format.js";
import { choicesOf, linesOf } from "../choice_lines.js";
import { empty, refused, section, sectionHead, waiting } from "../panel.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { askReason, reasonWords } from "./reason.js";

const FAMILIES = /** @type {const} */ (["base", "resource", "hazard", "target", "event"]);
const MEASURES = /** @type {const} */ (["none", "people", "capacity", "quantity", "area", "length"]);
const TYPES = /** @type {const} */ (["text", "integer", "number", "boolean", "date", "datetime"]);
const NUMBERS = new Set(["integer", "number"]);
const CHOOSABLE = new Set(["text", "integer"]);

/** Whether this person changes what layers are; the server decides again. */
export const mayShape = () => !config.space.past && (hasRole("gis_staff") || (config.space.drill && hasRole("drill_controller")));

/** @typedef {{layers: () => Promise<void>}} Acts */

/** All layers made from files; those removed can be put back. @param {import("../panel.js").Panel} panel @param {Acts} act */
export async function definitionsPanel(panel, act) {
  const opened = panel.open({ kind: "definitions", picture: symbolUrl("stock", "base"), title: t("define.all"), meta: t("define.allMeta") });
  const list = el("div", {}, waiting());
  add(opened.body, list);
  try {
    const { definitions } = await ask("definitions");
    if (!opened.current()) return;
    fill(list, definitions.map((/** @type {any} */ one) => (one.removed ? removedRow(panel, act, one) : el("button", { class: "row", type: "button", data: { definition: one.id }, on: { click: () => new DefinitionPanel(panel, act).open(one.id) } }, el("span", { class: "sy plain" }, image(symbolUrl("stock", "base"))),
      el("span", { class: "what" }, el("b", { class: "cut", text: say(one.label) }), el("span", { class: "meta", text: one.id })), el("span", { class: "how meta" }, t("card.version", { n: one.version }), el("span", { text: moment(one.at) }))))));
    if (!definitions.length) add(list, empty(t("define.none"), t("define.noneAdvice")));
  } catch (error) {
    if (opened.current()) fill(list, refused(error, () => definitionsPanel(panel, act)));
  }
}

/** @param {import("../panel.js").Panel} panel @param {Acts} act @param {any} one */
function removedRow(panel, act, one) {
  const box = el("div", {});
  const start = button(t("define.restore"), () => {
    const why = askReason(t("define.restore"), async (reason) => {
      await ask(`layers/${one.id}/definition`, { method: "PATCH", body: { removed: false, reason }, version: one.version });
      toast(t("define.restored", { layer: say(one.label) }));
      await act.layers();
      definitionsPanel(panel, act);
    });
    fill(box, why.parts);
    why.input.focus();
  }, { small: true, icon: "undo" });
  return el("section", { class: "section", data: { removed: one.id } }, el("div", { class: "section-head" }, el("h3", { text: say(one.label) }), el("span", { class: "chip soft", text: t("define.removed") })), el("p", { class: "hint", text: t("define.removedBy", { by: one.by, when: moment(one.at) }) }), start, box);
}

export class DefinitionPanel {
  /** @param {import("../panel.js").Panel} panel @param {Acts} act */
  constructor(panel, act) {
    this.panel = panel;
    this.act = act;
    this.forget();
  }

  forget() {
    /** What differs from what is stored, as the server takes it. @type {Record<string, any>} */
    this.change = {};
    /** @type {Record<string, Record<string, any>>} */
    this.fields = {};
    /** @type {Record<string, any>} */
    this.style = {};
    /** @type {any[]} */
    this.added = [];
  }

  /** @param {string} id */
  async open(id) {
    this.id = id;
    this.forget();
    const opened = this.panel.open({ kind: "definition", picture: symbolUrl("stock", "base"), title: t("define.title") });
    add(opened.body, waiting());
    try {
      const [found, told] = await Promise.all([ask(`layers/${id}/definition`), ask(`layers/${id}/definition/history`)]);
      if (!opened.current()) return;
      this.version = found.version;
      this.layer = found.definition;
      this.steps = told.entries.reverse();
      this.draw();
    } catch (error) {
      if (opened.current()) fill(opened.body, refused(error, () => this.open(id)));
    }
  }

  draw() {
    const { layer } = this;
    const { body, acts } = this.panel.open({ kind: "definition", picture: symbolUrl(this.style.symbol ?? layer.style.symbol, this.style.family ?? layer.style.family), title: say(layer.label), meta: `${layer.id} · ${t("card.version", { n: this.version })}` });
    this.acts = acts;
    this.said = el("div", {});
    add(body, this.said);
    this.names(body);
    this.looks(body);
    this.listed(body);
    this.newFields(body);
    this.gone(body);
    this.life(body);
    this.removal(body);
    this.ready();
  }

  get count() {
    return Object.keys(this.change).length + Object.keys(this.style).length + Object.keys(this.fields).length + this.added.length;
  }

  /** The one button: it names how many changes, or that there is none. */
  ready() {
    this.acts?.(this.count ? button(t("define.save", { n: this.count, version: this.version + 1 }), () => this.save(), { primary: true, wide: true }) : el("button", { class: "btn wide", type: "button", "aria-disabled": "true" }, el("span", { class: "cut", text: t("define.nothing") })),
      button(t("action.cancel"), () => (this.count ? this.open(/** @type {string} */ (this.id)) : this.panel.close())));
  }

  async save() {
    const { style, fields, added } = this;
    const body = { ...this.change, ...(Object.keys(style).length ? { style } : {}), ...(Object.keys(fields).length ? { fields } : {}), ...(added.length ? { added } : {}) };
    try {
      await ask(`layers/${this.id}/definition`, { method: "PATCH", body, version: this.version });
      toast(t("define.saved", { layer: say(this.layer.label), version: this.version + 1 }));
      await this.act.layers();
      this.open(/** @type {string} */ (this.id));
    } catch (error) {
      const stale = /** @type {any} */ (error).status === 412;
      fill(this.said, refused(error, stale ? () => this.open(/** @type {string} */ (this.id)) : undefined));
      this.said.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {Record<string, any>} into @param {string} name @param {any} value @param {any} stored */
  put(into, name, value, stored) {
    if (JSON.stringify(value) === JSON.stringify(stored)) delete into[name];
    else into[name] = value;
    this.ready();
  }

  /** @param {HTMLElement} body */
  names(body) {
    const { layer } = this;
    section(body, sectionHead(t("define.names")), labelBoxes("define", layer.label, (label) => this.put(this.change, "label", label, layer.label)),
      choice("define-titled", t("define.titled"), [["", t("define.noTitle")], ...layer.fields.map((/** @type {any} */ one) => [one.id, say(one.label)])], layer.title || "", (value) => this.put(this.change, "title", value || null, layer.title)),
      tick(t("define.ranked"), layer.ranked, (yes) => this.put(this.change, "ranked", yes, layer.ranked)), tick(t("define.exposed"), layer.exposed, (yes) => this.put(this.change, "exposed", yes, layer.exposed)));
  }

  /** @param {HTMLElement} body */
  looks(body) {
    const { style } = this.layer;
    const grid = el("div", { class: "symbol-choice", role: "group", "aria-label": t("define.symbol") });
    const draw = () => fill(grid, config.symbols.filter((one) => !/^(any|scenario)_/.test(one)).map((one) => {
      const on = (this.style.symbol ?? style.symbol) === one;
      return el("button", { type: "button", title: one, "aria-label": one, "aria-pressed": String(on), on: { click: () => { this.put(this.style, "symbol", one, style.symbol); draw(); } } }, image(symbolUrl(one, this.style.family ?? style.family)));
    }));
    draw();
    section(body, sectionHead(t("define.looks")), choice("define-family", t("define.family"), FAMILIES.map((one) => [one, t(`family.${one}`)]), style.family, (value) => { this.put(this.style, "family", value, style.family); draw(); }), grid,
      whole("define-label-zoom", t("define.labelZoom"), style.label_zoom, (value) => this.put(this.style, "label_zoom", value, style.label_zoom)), whole("define-min-zoom", t("define.minZoom"), style.min_zoom, (value) => this.put(this.style, "min_zoom", value, style.min_zoom)), el("p", { class: "hint", text: t("define.zoomHint") }),
      tick(t("define.visible"), style.visible, (yes) => this.put(this.style, "visible", yes, style.visible)));
  }

  /** @param {HTMLElement} body */
  listed(body) {
    add(body, el("section", { class: "flush", id: "define-fields" }, el("div", { class: "rank-head" }, el("b", { text: t("define.fields") }), String(this.layer.fields.length)), this.layer.fields.flatMap((/** @type {any} */ one) => this.fieldRow(one))));
  }

  /** @param {any} field */
  fieldRow(field) {
    const more = el("div", { class: "field-more", hidden: true });
    const told = () => this.fields[field.id] || {};
    const opener = el("button", { class: "row define-field", type: "button", "aria-expanded": "false", data: { field: field.id }, on: { click: () => {
      more.hidden = !more.hidden;
      opener.setAttribute("aria-expanded", String(!more.hidden));
      if (!more.hidden && !more.childElementCount) fill(more, this.fieldBoxes(field, state));
    } } });
    const state = () => fill(opener, el("span", { class: "what" }, el("b", { class: `cut${told().retired ? " retired" : ""}`, text: say(told().label || field.label) }), el("span", { class: "meta", text: kindOf({ ...field, ...told() }) })),
      el("span", { class: "how meta" }, told().retired ? el("span", { class: "chip bad", text: t("define.retiring") }) : Object.keys(told()).length ? el("span", { class: "chip", text: t("define.changed") }) : el("code", { text: field.id })));
    state();
    return [opener, more];
  }

  /** @param {any} field @param {() => void} drawn */
  fieldBoxes(field, drawn) {
    const put = (/** @type {string} */ name, /** @type {any} */ value, /** @type {any} */ stored) => {
      const now = { ...this.fields[field.id] };
      if (JSON.stringify(value) === JSON.stringify(stored)) delete now[name];
      else now[name] = value;
      if (Object.keys(now).length) this.fields[field.id] = now;
      else delete this.fields[field.id];
      drawn();
      this.ready();
    };
    const fixed = field.id === this.layer.key ? t("define.isKey") : field.id === (this.change.title ?? this.layer.title) ? t("define.isTitle") : "";
    return [...labelBoxes(`field-${field.id}`, field.label, (label) => put("label", label, field.label)), ...this.valueBoxes(`field-${field.id}`, field, put),
      fixed ? el("p", { class: "hint", text: fixed }) : tick(t("define.retire"), false, (yes) => put("retired", yes, false))];
  }

  /** Unit and sum of numbers, choices of texts and whole numbers. @param {string} id @param {any} field @param {(name: string, value: any, stored: any) => void} put */
  valueBoxes(id, field, put) {
    const boxes = [];
    if (NUMBERS.has(field.type)) {
      boxes.push(text(`${id}-unit`, t("define.unit"), field.unit || "", (value) => put("unit", value || null, field.unit ?? null), 20));
      boxes.push(choice(`${id}-counts`, t("load.sums"), MEASURES.map((one) => [one, t(`counts.${one}`)]), field.counts_as || "none", (value) => put("counts_as", value === "none" ? null : value, field.counts_as ?? null)));
    }
    if (CHOOSABLE.has(field.type)) {
      const plain = (field.choices || []).map((/** @type {any} */ one) => ({ value: one.value, label: one.label }));
      const area = el("textarea", { id: `${id}-choices`, rows: "3", placeholder: t("define.choicesHint"), on: { keydown: (/** @type {Event} */ event) => event.stopPropagation(), input: () => put("choices", choicesOf(area.value, field.type), plain) } });
      area.value = linesOf(plain);
      boxes.push(el("div", { class: "field" }, el("label", { for: `${id}-choices`, text: t("define.choices") }), el("div", { class: "input tall" }, area), el("div", { class: "hint", text: t("define.choicesWhy") })));
    }
    return boxes;
  }

  /** @param {HTMLElement} body */
  newFields(body) {
    const list = el("div", {});
    const form = el("div", {});
    const draw = () => fill(list, this.added.map((one, at) => el("div", { class: "row added" }, el("span", { class: "what" }, el("b", { class: "cut", text: say(one.label) }), el("span", { class: "meta", text: kindOf(one) })), el("span", { class: "how" }, button(t("load.takeBack"), () => { this.added.splice(at, 1); draw(); this.ready(); }, { small: true })))));
    const begin = () => {
      /** @type {any} */
      const one = { label: { zh: "", en: "" }, type: "text" };
      const put = (/** @type {string} */ name, /** @type {any} */ value) => { if (value == null || (Array.isArray(value) && !value.length)) delete one[name]; else one[name] = value; };
      const values = el("div", {});
      const rest = () => fill(values, this.valueBoxes("new", one, put));
      const enter = () => {
        if (!one.label.zh) return form.querySelector("input")?.focus();
        this.added.push({ ...one, label: { zh: one.label.zh, en: one.label.en || one.label.zh } });
        fill(form, button(t("define.add"), begin, { small: true, icon: "plus" }));
        draw();
        return this.ready();
      };
      fill(form, labelBoxes("new", one.label, (label) => { one.label = label; }), choice("new-type", t("define.type"), TYPES.map((type) => [type, typeWords(type)]), "text", (value) => { one.type = value; for (const name of ["unit", "counts_as", "choices"]) delete one[name]; rest(); }), values,
        el("div", { class: "tool-row" }, button(t("define.addGo"), enter, { small: true, primary: true }), button(t("action.cancel"), () => fill(form, button(t("define.add"), begin, { small: true, icon: "plus" })), { small: true })));
      rest();
      form.querySelector("input")?.focus();
    };
    fill(form, button(t("define.add"), begin, { small: true, icon: "plus" }));
    section(body, list, form);
  }

  /** @param {HTMLElement} body */
  gone(body) {
    const { retired } = this.layer;
    if (!retired.length) return;
    section(body, sectionHead(t("define.retired"), t("define.retiredMeta")), retired.map((/** @type {any} */ one) => tick(t("define.bringBack", { field: say(one.label) }), false, (yes) => {
      if (yes) this.fields[one.id] = { retired: false };
      else delete this.fields[one.id];
      this.ready();
    })));
  }

  /** @param {HTMLElement} body */
  life(body) {
    section(body, sectionHead(t("define.history")), el("ol", { class: "history plain" }, (this.steps || []).map((/** @type {any} */ one, /** @type {number} */ i) => el("li", { class: i ? "" : "now" }, el("b", { text: one.version }),
      el("span", {}, [one.by, one.op === "insert" ? t("op.insert") : one.changed.map((/** @type {string} */ name) => t(/** @type {any} */ (`define.part.${PARTS.has(name) ? name : "other"}`))).join(t("list.comma")), reasonWords(one.reason)].filter(Boolean).join(" · ")), el("time", { text: moment(one.at) })))));
  }

  /** @param {HTMLElement} body */
  removal(body) {
    const box = el("div", {});
    const start = button(t("define.remove"), () => {
      const why = askReason(t("define.removeGo", { layer: say(this.layer.label) }), async (reason) => {
        await ask(`layers/${this.id}/definition`, { method: "DELETE", body: { reason }, version: this.version });
        toast(t("define.removedNow", { layer: say(this.layer.label) }));
        await this.act.layers();
        definitionsPanel(this.panel, this.act);
      });
      fill(box, why.parts);
      why.input.focus();
    }, { small: true });
    section(body, sectionHead(t("define.removeHead")), el("p", { class: "hint", text: t("define.removeWhy") }), start, box);
  }
}

const PARTS = new Set(["label", "title", "summary", "ranked", "exposed", "style", "fields", "retired", "removed"]);

/** @param {string} type */
const typeWords = (type) => t(/** @type {any} */ (`type.${{ text: "str", integer: "int", number: "float", boolean: "bool" }[type] || type}`));

/** @param {any} field */
const kindOf = (field) => [typeWords(field.type), unitOf(field.unit), field.counts_as ? t("define.counts", { measure: t(/** @type {any} */ (`counts.${field.counts_as}`)) }) : "", field.choices?.length ? t("define.choiceCount", { n: field.choices.length }) : ""].filter(Boolean).join(" · ");

const quiet = { keydown: (/** @type {Event} */ event) => event.stopPropagation() };

/** @param {string} id @param {string} words @param {string} value @param {(value: string) => void} put @param {number} [longest] */
function text(id, words, value, put, longest = 60) {
  const input = el("input", { id, maxlength: String(longest), value, on: { ...quiet, input: () => put(input.value.trim()) } });
  return el("div", { class: "field" }, el("label", { for: id, text: words }), el("div", { class: "input" }, input));
}

/** @param {string} id @param {string} words @param {number} value @param {(value: number) => void} put */
function whole(id, words, value, put) {
  const input = el("input", { id, type: "number", min: "0", max: "20", step: "1", value: String(value), on: { ...quiet, input: () => { if (input.checkValidity() && input.value !== "") put(Number(input.value)); } } });
  return el("div", { class: "field" }, el("label", { for: id, text: words }), el("div", { class: "input" }, input));
}

/** @param {string} id @param {string} words @param {string[][]} options @param {string} value @param {(value: string) => void} put */
function choice(id, words, options, value, put) {
  const select = el("select", { id, on: { change: () => put(select.value) } }, options.map(([key, label]) => el("option", { value: key, text: label })));
  select.value = value;
  return el("div", { class: "field" }, el("label", { for: id, text: words }), el("div", { class: "input" }, select));
}

/** @param {string} words @param {boolean} on @param {(yes: boolean) => void} put */
function tick(words, on, put) {
  const box = el("input", { class: "tick", type: "checkbox", on: { change: () => put(box.checked) } });
  box.checked = on;
  return el("label", { class: "tick-line" }, box, words);
}

/** The words in both languages. @param {string} id @param {{zh: string, en: string}} label @param {(label: {zh: string, en: string}) => void} put */
function labelBoxes(id, label, put) {
  const now = { ...label };
  return [text(`${id}-zh`, t("define.zh"), label.zh, (zh) => { now.zh = zh; put({ ...now }); }), text(`${id}-en`, t("define.en"), label.en, (en) => { now.en = en; put({ ...now }); })];
}
