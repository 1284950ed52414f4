// The table of a layer under the map: its head with counts, sums and filters, the grid, and what ties both to the map.
import { add, button, el, fill, icon, iconButton, image } from "../dom.js";
import { focusLost } from "../focus.js";
import { number, unitOf } from "../format.js";
import { refused, waiting } from "../panel.js";
import { symbolOf } from "../panels/rows.js";
import { on, show, state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { Bulk, MOST } from "./bulk.js";
import { columnsSeen, fieldsInOrder, seeColumns } from "./columns.js";
import { filterOf, wishForm, wordsOf } from "./filters.js";
import { Grid, nextSort } from "./grid.js";
import { keepHeight, keepLook, keptHeight, lookOf } from "./kept.js";
import { Listing } from "./listing.js";
import { MOST_NAMED, Selection } from "./selection.js";

const HEIGHT = 304;
const LEAST = 168;
const REST_MS = 250; // the map has come to rest

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Feature} Feature */
/** @typedef {{card: (layer: string, id: string) => void, resized: () => void, export: (layer: string, seen: import("../panels/export.js").Seen) => void}} Acts */

export class Table {
  /** @param {Element} main the map's part of the page @param {import("../map/view.js").MapView} view @param {import("../panel.js").Panel} panel @param {Acts} act */
  constructor(main, view, panel, act) {
    this.view = view;
    this.panel = panel;
    this.act = act;
    /** @type {Layer | null} */
    this.layer = null;
    /** @type {Map<string, {field: import("../types").Field, wish: import("./filters.js").Wish}>} */
    this.wishes = new Map();
    this.sort = "";
    this.inView = false;
    this.selection = new Selection("", () => undefined);
    this.grid = new Grid({
      open: (feature) => this.act.card(/** @type {Layer} */ (this.layer).id, feature.id), sort: (field, more) => this.order(nextSort(this.sort, field.id, more)),
      filter: (field, at) => this.wish(field, at), all: () => this.all(), stretch: (from, to) => this.stretch(from, to), close: () => this.close(),
    });
    this.grip = el("div", { class: "dock-grip", role: "separator", tabindex: "0", "aria-orientation": "horizontal", "aria-label": t("table.height"), on: { pointerdown: (/** @type {PointerEvent} */ event) => this.drag(event), keydown: (/** @type {KeyboardEvent} */ event) => this.pull(event) } });
    this.head = el("header", { class: "dock-head" });
    this.chips = el("div", { class: "dock-chips", hidden: true });
    this.notice = el("div", { class: "dock-notice", hidden: true });
    this.over = el("div", { class: "dock-over", hidden: true });
    this.element = el("section", { class: "dock", id: "table", hidden: true }, this.grip, this.head, this.chips, this.notice, this.grid.element, this.over);
    main.after(this.element);
    this.app = /** @type {HTMLElement} */ (main.parentElement);
    this.later = 0;
    /** @type {Element | null} where the keyboard was when the table was opened */
    this.from = null;
    this.chosenBefore = "";
    this.naming = false;
    on("chosen", () => this.follow());
    on("layers", () => this.relabel());
    view.map.on("moveend", () => { if (this.inView && this.layer) { clearTimeout(this.later); this.later = window.setTimeout(() => this.ask(), REST_MS); } });
    document.addEventListener("pointerdown", (event) => { if (!this.over.hidden && event.target instanceof Node && !this.over.contains(event.target) && !(event.target instanceof Element && event.target.closest(".funnel, .dock-head"))) this.put(null); });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** The key's way: the table of the chosen feature's layer, or the one seen last; pressed again it closes. */
  turn() {
    const wanted = state.chosen?.layer || this.layer?.id || [...state.layers.values()].find((one) => state.shown.has(one.id) && one.ranked)?.id || [...state.layers.keys()][0];
    if (!wanted || (this.isOpen && this.layer?.id === wanted)) return this.close();
    this.open(wanted);
  }

  /** @param {string} id */
  open(id) {
    const layer = state.layers.get(id);
    if (!layer) return;
    if (layer.geometry !== "none" && !state.shown.has(id)) show(id, true);
    const fresh = !this.isOpen;
    if (this.layer?.id !== id) {
      this.wishes = new Map();
      this.sort = this.known(layer, lookOf(id).sort || "");
      this.selection.clear();
      this.selection = new Selection(id, () => this.selected());
      this.listing = new Listing(layer, () => this.heard());
      this.grid.active = 0;
      this.grid.element.scrollTop = 0;
    }
    this.layer = layer;
    this.from = document.activeElement;
    this.element.hidden = false;
    this.app.classList.add("tabled");
    this.size(keptHeight() || HEIGHT);
    if (fresh) this.act.resized();
    this.dress();
    this.ask();
  }

  close() {
    if (!this.isOpen) return;
    if (!this.over.hidden) return this.put(null);
    this.element.hidden = true;
    this.app.classList.remove("tabled");
    this.selection.clear();
    this.act.resized();
    this.view.map.getContainer().focus({ preventScroll: true });
  }

  /** An order kept from before, as far as its fields are still there. @param {Layer} layer @param {string} sort */
  known(layer, sort) {
    return sort.split(",").filter((one) => layer.fields.some((field) => field.id === one.replace(/^-/, ""))).join(",");
  }

  /** @param {string} sort */
  order(sort) {
    this.sort = sort;
    keepLook(/** @type {Layer} */ (this.layer).id, { sort });
    this.grid.element.scrollTop = 0;
    this.grid.active = 0;
    this.ask();
  }

  /** Ask for the rows by what is set now. */
  async ask() {
    const { listing, layer } = this;
    if (!listing || !layer) return;
    const bbox = this.inView && layer.geometry !== "none" ? this.view.box() : null;
    this.element.setAttribute("aria-busy", "true");
    await listing.ask({ sort: this.sort, filter: filterOf(this.wishes), bbox });
    if (listing !== this.listing) return;
    this.element.removeAttribute("aria-busy");
    this.arrange();
    this.follow(true);
  }

  /** Columns, order and filters as they are now. */
  arrange() {
    const { grid, listing, layer } = this;
    if (!listing || !layer) return;
    Object.assign(grid, { layer, listing, fields: columnsSeen(layer), selection: this.selection, sort: this.sort, filtered: new Set(this.wishes.keys()), chosen: state.chosen?.layer === layer.id ? state.chosen.id : null });
    grid.show();
    this.dress();
  }

  heard() {
    if (!this.listing?.ready && !this.listing?.error) return;
    this.dress();
    this.grid.draw();
    this.grid.named();
  }

  /** The layer was read anew: its counts and what one may do. */
  relabel() {
    if (!this.layer) return;
    const layer = state.layers.get(this.layer.id);
    if (!layer) return this.close();
    this.layer = layer;
    if (this.listing) this.listing.layer = layer;
    if (this.isOpen) this.dress();
  }

  /** A commit to a layer, as it happens. @param {any} change */
  changed(change) {
    if (this.isOpen && this.layer?.id === change.layer) this.listing?.apply(change);
  }

  /** Head, chips and notices. */
  dress() {
    const { layer, listing } = this;
    if (!layer) return;
    const active = document.activeElement instanceof HTMLElement && this.head.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const name = say(layer.label);
    this.element.setAttribute("aria-label", t("table.of", { layer: name }));
    const act = (/** @type {string} */ id, /** @type {any} */ made) => { made.dataset.act = id; return made; };
    const switcher = el("select", { class: "dock-layer", "aria-label": t("table.layer"), on: { change: () => this.open(switcher.value), keydown: (/** @type {Event} */ event) => event.stopPropagation() } }, groups());
    switcher.value = layer.id;
    const seen = el("button", { class: "chip", type: "button", "aria-pressed": String(this.inView), on: { click: () => { this.inView = !this.inView; this.ask(); this.dress(); } } }, t("table.inView"));
    fill(this.head, el("span", { class: "dock-symbol" }, image(symbolOf(layer, {}))), act("layer", el("span", { class: "dock-title" }, switcher)), el("span", { class: "meta dock-count", role: "status" }, this.counted()), el("span", { class: "meta dock-sums", title: this.sums().join(t("list.comma")) }, this.sums().map((one) => el("span", { text: one }))),
      listing && listing.moved > 0 && act("again", el("button", { class: "chip", type: "button", on: { click: () => this.ask() } }, icon("history"), t("table.moved"))),
      layer.geometry !== "none" && act("view", seen), act("columns", button(t("table.columns"), () => this.columns(), { small: true })), act("export", button(t("table.export"), () => this.export(), { small: true })), act("close", iconButton("down", t("table.close"), () => { this.put(null); this.close(); })));
    if (active) /** @type {HTMLElement | null} */ (this.head.querySelector(`[data-act="${active}"]`))?.focus();
    this.tag();
    this.notice.hidden = !listing?.error && Boolean(listing?.ready && listing.count);
    if (listing?.error) fill(this.notice, refused(listing.error, () => this.ask()));
    else if (!listing?.ready) fill(this.notice, waiting());
    else if (!listing.count) fill(this.notice, el("div", { class: "section" }, el("div", { class: "note" }, el("b", { text: t(this.wishes.size || this.inView ? "table.noMatch" : "table.none") }), this.wishes.size || this.inView ? t("table.noMatchAdvice") : "")));
    this.grid.element.hidden = !listing?.ready;
    if (this.from && listing?.ready) { // the keyboard follows once there are rows, unless it has gone elsewhere meanwhile
      if (document.activeElement === this.from || focusLost()) this.grid.element.focus({ preventScroll: true });
      this.from = null;
    }
  }

  /** How many of how many. */
  counted() {
    const { listing, layer } = this;
    if (!listing?.ready || !layer) return "";
    if (this.naming) return t("table.naming");
    const narrowed = this.wishes.size || this.inView;
    return narrowed ? t(this.inView ? "table.countInView" : "table.countOf", { n: number(listing.count), all: number(layer.count) }) : t("table.count", { n: number(listing.count) });
  }

  /** The sums in words, known ones first. @returns {string[]} */
  sums() {
    const { listing, layer } = this;
    if (!listing?.ready || !layer || !listing.count) return [];
    const summed = layer.fields.filter((field) => listing.measures[field.id]);
    return summed.sort((a, b) => Number(listing.measures[a.id].sum == null) - Number(listing.measures[b.id].sum == null)).map((field) => {
      const { sum, unknown } = listing.measures[field.id];
      const total = sum == null ? t("unknown") : `${number(sum)}${field.unit ? ` ${unitOf(field.unit)}` : ""}`;
      return unknown && sum != null ? t("table.sumUnknown", { field: say(field.label), sum: total, n: number(unknown) }) : t("table.sum", { field: say(field.label), sum: total });
    });
  }

  /** Chips: what is selected and what may be done with it, and each filter. */
  tag() {
    const { layer, selection, listing } = this;
    if (!layer || !listing) return;
    const size = selection.size(listing.count);
    const made = [];
    if (size) {
      made.push(el("span", { class: "chip solid" }, t(selection.all ? "table.selectedAll" : "table.selected", { n: number(size) })));
      if (layer.allowed.includes("write") && !layer.ledger) made.push(button(t("bulk.open"), () => this.bulk(), { small: true, icon: "edit" }));
      made.push(button(t("table.clearSelection"), () => selection.clear(), { small: true }));
    }
    for (const [id, { field, wish }] of this.wishes) {
      const words = wordsOf(field, wish);
      made.push(el("span", { class: "chip filter-chip", data: { field: id } }, el("span", { class: "cut", text: words }), el("button", { type: "button", title: t("table.remove", { filter: words }), "aria-label": t("table.remove", { filter: words }), on: { click: () => { this.wishes.delete(id); this.ask(); } } }, icon("close"))));
    }
    fill(this.chips, made);
    this.chips.hidden = !made.length;
  }

  selected() {
    this.tag();
    this.grid.mark();
  }

  /** All that match, or none when all are selected already. */
  async all() {
    const { listing, selection } = this;
    if (!listing) return;
    if (selection.size(listing.count) >= listing.count) return selection.clear();
    return this.named(async () => {
      const ids = await listing.ids(MOST_NAMED);
      selection.everything(ids);
      if (!ids) toast(t("table.tooManyToMark", { n: number(MOST_NAMED) }));
    });
  }

  /** Rows are being named by the server; until then the head says so. @param {() => Promise<void>} act */
  async named(act) {
    this.naming = true;
    this.dress();
    try {
      await act();
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { icon: "warn" });
    }
    this.naming = false;
    this.dress();
  }

  /** All rows from one to another, also those that were never in sight. @param {number} from @param {number} to */
  async stretch(from, to) {
    const { listing, selection } = this;
    if (!listing) return;
    selection.anchor = from;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    return this.named(async () => {
      const ids = last - first < MOST_NAMED ? await listing.between(first, last) : null;
      if (!ids || !selection.add(ids)) toast(t("table.stretchTooLong", { n: number(MOST_NAMED) }), { icon: "warn" });
    });
  }

  bulk() {
    const { layer, selection, listing } = this;
    if (!layer || !listing) return;
    const size = selection.size(listing.count);
    if (size > MOST) return toast(t("bulk.tooMany", { n: number(size), most: number(MOST) }), { icon: "warn" });
    this.acting = new Bulk(this.panel, layer, [...selection.ids], { done: () => this.ask(), drop: (ids) => selection.drop(ids), card: this.act.card });
  }

  /** What was chosen on the map is brought into sight and marked. @param {boolean} [again] */
  async follow(again = false) {
    const { grid, listing, layer } = this;
    if (!listing?.ready || !layer || !this.isOpen) return;
    const id = state.chosen?.layer === layer.id ? state.chosen.id : null;
    grid.chosen = id;
    grid.mark();
    if (!id || (again && this.chosenBefore === id && this.sort === this.sortBefore)) return;
    this.chosenBefore = id;
    this.sortBefore = this.sort;
    const place = await listing.placeOf(id).catch(() => null);
    if (place == null || state.chosen?.id !== id || listing !== this.listing) return;
    grid.active = place;
    grid.reach(place);
  }

  /** A small sheet over the table; null closes it. @param {Element | null} made @param {HTMLElement} [at] */
  put(made, at) {
    const was = this.over.contains(document.activeElement);
    fill(this.over, made);
    this.over.hidden = !made;
    if (!made) {
      if (was) this.grid.element.focus({ preventScroll: true });
      return;
    }
    const home = this.element.getBoundingClientRect();
    const from = at?.getBoundingClientRect();
    this.over.style.top = `${(from ? from.bottom : this.head.getBoundingClientRect().bottom) - home.top}px`;
    this.over.style.left = from ? `${Math.max(8, Math.min(from.left - home.left - 120, home.width - 268))}px` : "";
    this.over.style.right = from ? "" : "48px";
    /** @type {HTMLElement | null} */ (this.over.querySelector("input, select, button"))?.focus();
    this.over.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.put(null);
    };
  }

  /** @param {import("../types").Field} field @param {HTMLElement} at */
  wish(field, at) {
    const form = wishForm(field, this.wishes.get(field.id)?.wish, (wish) => {
      this.put(null);
      if (wish) this.wishes.set(field.id, { field, wish });
      else this.wishes.delete(field.id);
      this.grid.element.scrollTop = 0;
      this.ask();
    });
    this.put(form, at);
  }

  columns() {
    const { layer } = this;
    if (!layer) return;
    const seen = new Set(columnsSeen(layer).map((field) => field.id));
    const list = fieldsInOrder(layer).map((field) => {
      const tick = el("input", { class: "tick", type: "checkbox", on: { change: () => {
        if (tick.checked) seen.add(field.id);
        else if (seen.size > 1) seen.delete(field.id);
        else tick.checked = true;
        seeColumns(layer, [...seen]);
        this.arrange();
      } } });
      tick.checked = seen.has(field.id);
      return el("label", { class: "wish-choice" }, tick, el("span", { text: say(field.label) }));
    });
    this.put(el("div", { class: "wish", role: "group", "aria-label": t("table.columns") }, el("h2", { text: t("table.columns") }), el("div", { class: "wish-list" }, list)));
  }

  export() {
    const { layer, listing, selection } = this;
    if (!layer || !listing?.ready) return;
    const { filter, sort } = listing.question;
    this.act.export(layer.id, { ids: [...selection.ids], filter, sort, fields: columnsSeen(layer).map((field) => field.id), inView: this.inView });
  }

  /** @param {number} height */
  size(height) {
    const most = Math.max(LEAST, innerHeight * 0.7);
    this.height = Math.round(Math.max(LEAST, Math.min(most, height)));
    this.element.style.setProperty("--dock-h", `${this.height}px`);
    for (const [name, value] of [["now", this.height], ["min", LEAST], ["max", Math.round(most)]]) this.grip.setAttribute(`aria-value${name}`, String(value));
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const [from, height] = [event.clientY, this.height || HEIGHT];
    this.grip.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ now) => this.size(height + from - now.clientY);
    const end = () => {
      this.grip.removeEventListener("pointermove", move);
      keepHeight(this.height || HEIGHT);
      this.act.resized();
    };
    this.grip.addEventListener("pointermove", move);
    this.grip.addEventListener("pointerup", end, { once: true });
  }

  /** @param {KeyboardEvent} event */
  pull(event) {
    const step = { ArrowUp: 32, ArrowDown: -32 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.size((this.height || HEIGHT) + step);
    keepHeight(this.height || HEIGHT);
    this.act.resized();
  }
}

/** All layers by group, those without shapes too. */
function groups() {
  const all = new Map();
  for (const layer of state.layers.values()) all.set(layer.group.id, { label: say(layer.group.label), layers: [...(all.get(layer.group.id)?.layers || []), layer] });
  return [...all.values()].map(({ label, layers }) => add(el("optgroup", { label }), layers.map((/** @type {Layer} */ layer) => el("option", { value: layer.id, text: say(layer.label) }))));
}
