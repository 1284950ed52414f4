// The rows of a table on the screen: only those in sight are elements; keyboard, mouse and reader find their way by ARIA's grid.
import { add, el, fill, icon, image } from "../dom.js";
import { titleOf } from "../format.js";
import { symbolOf } from "../panels/rows.js";
import { say, t } from "../words.js";
import { cellOf, headingOf, isNumber, isOpen, widthOf } from "./columns.js";
import { kindOf } from "./filters.js";

const ROW = 32; // px, `--row-h-dense`
const HEAD = 28;
const PICK = 36;
const TALLEST = 24_000_000; // px: a browser draws nothing beyond 33 million
const BEYOND = 6; // rows kept above and below those in sight

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Field} Field @typedef {import("../types").Feature} Feature */
/** @typedef {{open: (feature: Feature) => void, sort: (field: Field, more: boolean) => void, filter: (field: Field, at: HTMLElement) => void, all: () => void, stretch: (from: number, to: number) => void, close: () => void}} Acts */

export class Grid {
  /** @param {Acts} act */
  constructor(act) {
    this.act = act;
    /** @type {Layer | null} */
    this.layer = null;
    /** @type {Field[]} */
    this.fields = [];
    /** @type {import("./listing.js").Listing | null} */
    this.listing = null;
    /** @type {import("./selection.js").Selection | null} */
    this.selection = null;
    this.sort = "";
    /** @type {Set<string>} */
    this.filtered = new Set();
    /** @type {string | null} */
    this.chosen = null;
    this.active = 0;
    /** @type {Map<number, {row: any, feature: Feature | undefined}>} */
    this.made = new Map();
    this.head = el("div", { class: "grid-row grid-head", role: "row", "aria-rowindex": "1" });
    this.body = el("div", { class: "grid-body", role: "rowgroup" });
    this.element = el("div", { class: "grid", role: "grid", tabindex: "0", "aria-multiselectable": "true", on: { scroll: () => this.soon(), keydown: (/** @type {KeyboardEvent} */ event) => this.key(event), focus: () => this.mark(), blur: () => this.mark() } },
      el("div", { class: "grid-top", role: "rowgroup" }, this.head), this.body);
    this.frame = 0;
    new ResizeObserver(() => this.soon()).observe(this.element);
  }

  /** Another layer, other columns or another order: everything is made anew. */
  show() {
    const { layer, fields, listing } = this;
    if (!layer || !listing) return;
    this.element.setAttribute("aria-label", t("table.of", { layer: say(layer.label) }));
    this.element.setAttribute("aria-colcount", String(fields.length + 1));
    const widths = fields.map((field) => widthOf(layer, field));
    this.element.style.setProperty("--tracks", `${PICK}px ${widths.map(([least, share]) => `minmax(${least}px, ${share}fr)`).join(" ")}`);
    this.element.style.setProperty("--wide", `${widths.reduce((sum, [least]) => sum + least, PICK + 16)}px`); // one width for heading and rows, so that they stand in line
    this.tick = el("input", { class: "tick", type: "checkbox", tabindex: "-1", "aria-label": t("table.selectAll"), on: { change: () => this.act.all() } });
    fill(this.head, el("span", { role: "columnheader", class: "pick", "aria-colindex": "1" }, this.tick), fields.map((field, i) => this.heading(field, i)));
    this.made.clear();
    fill(this.body);
    this.draw();
  }

  /** @param {Field} field @param {number} i */
  heading(field, i) {
    const [first, falling] = placeIn(this.sort, field.id);
    const open = isOpen(/** @type {Layer} */ (this.layer), field);
    const label = el("button", { class: "sort", type: "button", disabled: !open, title: field.description ? say(field.description) : say(field.label), on: { click: (/** @type {MouseEvent} */ event) => this.act.sort(field, event.shiftKey) } }, el("span", { class: "cut" }, headingOf(field)), first != null && el("span", { class: `way${falling ? " falling" : ""}` }, icon("up"), first > 0 && String(first + 1)));
    const funnel = open && el("button", { class: `funnel${this.filtered.has(field.id) ? " on" : ""}`, type: "button", title: t("table.filterBy", { field: say(field.label) }), "aria-label": t("table.filterBy", { field: say(field.label) }), "aria-haspopup": "dialog", on: { click: () => this.act.filter(field, funnel) } }, icon("filter"));
    return el("span", { class: `th${isNumber(field) ? " num" : ""}`, role: "columnheader", "aria-colindex": String(i + 2), "aria-sort": first == null ? "none" : falling ? "descending" : "ascending", data: { field: field.id, kind: kindOf(field) } }, label, funnel);
  }

  get count() {
    return this.listing?.count || 0;
  }

  /** How much taller the rows are than what is drawn; 1 up to 750,000 rows. */
  get scale() {
    const [whole, seen] = [this.count * ROW, this.seen];
    return whole > TALLEST ? (whole - seen) / (TALLEST - seen) : 1;
  }

  get seen() {
    return Math.max(ROW, this.element.clientHeight - HEAD);
  }

  soon() {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  /** Make the rows in sight, let go of the others. */
  draw() {
    const { listing } = this;
    if (!listing || this.element.hidden) return;
    this.element.setAttribute("aria-rowcount", String(this.count + 1));
    this.body.style.height = `${Math.min(TALLEST, this.count * ROW)}px`;
    const top = this.element.scrollTop;
    const from = (top * this.scale) / ROW;
    const first = Math.max(0, Math.floor(from) - BEYOND);
    const last = Math.min(this.count, Math.ceil(from + this.seen / ROW) + BEYOND);
    for (const [index, { row }] of this.made) if (index < first || index >= last) { row.remove(); this.made.delete(index); }
    listing.look();
    for (let index = first; index < last; index++) {
      const feature = listing.row(index);
      const now = this.made.get(index);
      const row = now && now.feature === feature ? now.row : this.row(index, feature);
      if (now && now.row !== row) now.row.replaceWith(row);
      else if (!now) this.body.append(row);
      row.style.transform = `translateY(${Math.round(top + (index - from) * ROW)}px)`;
      this.made.set(index, { row, feature });
    }
    this.mark();
  }

  /** Names that were on their way have come: rows that show them are made anew. */
  named() {
    for (const [index, { row, feature }] of this.made) {
      if (!feature || !this.fields.some((field) => field.reference)) continue;
      const fresh = this.row(index, feature);
      fresh.style.transform = row.style.transform;
      row.replaceWith(fresh);
      this.made.set(index, { row: fresh, feature });
    }
    this.mark();
  }

  /** @param {number} index @param {Feature | undefined} feature */
  row(index, feature) {
    const { layer, listing } = this;
    if (!layer || !listing) return el("div");
    const row = el("div", { class: "grid-row", role: "row", id: `row-${index}`, "aria-rowindex": String(index + 2), data: feature ? { id: feature.id } : {}, on: { click: (/** @type {MouseEvent} */ event) => feature && this.clicked(event, index, feature) } });
    if (!feature) return add(row, el("span", { class: "pick", role: "gridcell" }), el("span", { role: "gridcell", class: "coming" }, el("i")));
    const tick = el("input", { class: "tick", type: "checkbox", tabindex: "-1", "aria-label": t("table.select", { name: titleOf(layer, feature) }) });
    add(row, el("span", { class: "pick", role: "gridcell" }, tick));
    this.fields.forEach((field, i) => {
      const kind = [isNumber(field) && "num", field.id === layer.title && "named", "cut"].filter(Boolean).join(" ");
      const cell = el("span", { class: kind, role: "gridcell", "aria-colindex": String(i + 2) });
      if (field.id === layer.title) add(cell, image(symbolOf(layer, feature.properties)));
      const made = cellOf(field, feature, listing.names);
      add(cell, typeof made === "string" ? el("span", { class: "cut", text: made, title: made.length > 14 ? made : null }) : made);
      row.append(cell);
    });
    return row;
  }

  /** Which rows are chosen, selected, gone, or where the keyboard is. */
  mark() {
    const { selection, listing } = this;
    const focused = document.activeElement === this.element;
    for (const [index, { row, feature }] of this.made) {
      const id = feature?.id || "";
      const selected = Boolean(id && selection?.has(id));
      row.classList.toggle("chosen", id === this.chosen);
      row.classList.toggle("active", focused && index === this.active);
      row.classList.toggle("gone", Boolean(listing?.gone.has(id)));
      row.setAttribute("aria-selected", String(selected));
      const tick = row.querySelector("input");
      if (tick) tick.checked = selected;
    }
    const there = this.made.has(this.active);
    if (there) this.element.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
    if (this.tick && selection) {
      const size = selection.size(this.count);
      this.tick.checked = size > 0 && size >= this.count;
      this.tick.indeterminate = size > 0 && size < this.count;
    }
  }

  /** @param {MouseEvent} event @param {number} index @param {Feature} feature */
  clicked(event, index, feature) {
    const { selection } = this;
    const pick = event.target instanceof Element && event.target.closest(".pick");
    this.active = index;
    this.element.focus({ preventScroll: true });
    if (event.shiftKey && selection?.anchor != null) this.act.stretch(selection.anchor, index);
    else if (pick || event.ctrlKey || event.metaKey) selection?.turn(feature.id, index);
    else this.act.open(feature);
    this.mark();
  }

  /** Bring a row into sight; one that is already in sight stays where it is. @param {number} index */
  reach(index) {
    const from = (this.element.scrollTop * this.scale) / ROW;
    const rows = this.seen / ROW;
    if (index < from) this.element.scrollTop = (index * ROW) / this.scale;
    else if (index + 1 > from + rows) this.element.scrollTop = ((index + 1 - rows) * ROW) / this.scale;
    this.draw();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target !== this.element) {
      if (event.key === "Escape") { event.stopPropagation(); this.element.focus(); }
      return;
    }
    const page = Math.max(1, Math.floor(this.seen / ROW) - 1);
    const last = this.count - 1;
    /** @type {Record<string, number>} */
    const to = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: last };
    const feature = this.listing?.row(this.active);
    const step = (event.ctrlKey || event.metaKey) && event.key === "a" ? () => this.act.all()
      : event.altKey || event.ctrlKey || event.metaKey ? null
        : event.key in to ? () => {
          const before = this.active;
          this.active = Math.max(0, Math.min(last, to[event.key]));
          if (event.shiftKey) this.act.stretch(this.selection?.anchor ?? before, this.active);
          this.reach(this.active);
        }
          : event.key === " " ? () => feature && this.selection?.turn(feature.id, this.active)
            : event.key === "Enter" ? () => feature && this.act.open(feature)
              : event.key === "ArrowRight" || event.key === "ArrowLeft" ? () => { this.element.scrollLeft += event.key === "ArrowRight" ? 120 : -120; }
                : event.key === "Escape" ? () => this.act.close() : null;
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    step();
  }
}

/** Which of the order's keys a field is, and whether falling. @param {string} sort @param {string} id @returns {[number | null, boolean]} */
export function placeIn(sort, id) {
  const keys = sort.split(",").filter(Boolean);
  const at = keys.findIndex((one) => one.replace(/^-/, "") === id);
  return [at < 0 ? null : at, at >= 0 && keys[at].startsWith("-")];
}

/** The order after a click on a heading: rising, falling, none; with `more` the keys before it stay. @param {string} sort @param {string} id @param {boolean} more */
export function nextSort(sort, id, more) {
  const [at, falling] = placeIn(sort, id);
  const others = more ? sort.split(",").filter((one) => one && one.replace(/^-/, "") !== id) : [];
  const now = at == null ? [id] : falling ? [] : [`-${id}`];
  return [...others, ...now].slice(-3).join(",");
}
