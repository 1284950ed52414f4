// The feature card: everything known, in reading order, with units, age, source, who and when; its related features and history.
import { ask, unanswered } from "../api.js";
import { symbolUrl } from "../config.js";
import { add, button, el, icon, image } from "../dom.js";
import { age, figure, moment, sized, titleOf, words } from "../format.js";
import { bookSection, ledgersOf, marksOf, stockFigure } from "../ledger/book.js";
import { anchorOf, latOf, lonOf } from "../map/project.js";
import { sourceOf } from "../map/holdings.js";
import { drawnOf, WholeSource } from "../map/sources.js";
import { isMasked, revealing } from "../masking.js";
import { partly, refused, section, waiting } from "../panel.js";
import { choose, state } from "../state.js";
import { say, t } from "../words.js";
import { position } from "./coordinates.js";
import { historySection } from "./history.js";
import { plainRow, symbolOf } from "./rows.js";

const SYSTEM = new Set(["adcode", "source", "source_date", "verified_at"]);
const CHILDREN = 50;

/** @typedef {{nearest: (place: import("../state.js").Place) => void, zone: (place: import("../state.js").Place) => void, back: (() => void) | null, card: (layer: string, id: string) => void, enter: (book: import("../types").Layer, accounts: import("../types").Feature[], kind: string, back: () => void) => void, edit: (layer: import("../types").Layer, feature: import("../types").Feature) => void}} Acts */

export class Card {
  /** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {Acts} act */
  constructor(panel, view, act) {
    this.panel = panel;
    this.view = view;
    this.act = act;
  }

  /** @param {string} layerId @param {string} id */
  async open(layerId, id) {
    const layer = state.layers.get(layerId);
    if (!layer) return;
    const again = this.panel.kind === "card" && state.chosen?.id === id;
    choose({ layer: layerId, id });
    if (!again) add(this.panel.open({ kind: "card", picture: symbolUrl(layer.style.symbol, layer.style.family), title: say(layer.label) }).body, waiting());
    const turn = this.panel.turn;
    let feature;
    try {
      feature = await ask(`layers/${layerId}/features/${id}`);
    } catch (error) {
      if (this.panel.turn === turn && unanswered(error) && this.atHand(layer, id)) return;
      if (this.panel.turn === turn) add(this.panel.open({ kind: "card", picture: symbolOf(layer, {}), title: say(layer.label) }).body, refused(error, () => this.open(layerId, id)));
      return;
    }
    if (this.panel.turn === turn) this.show(layer, feature);
  }

  /** The little that the map itself knows of a feature, while nobody answers; false when it knows nothing. @param {import("../types").Layer} layer @param {string} id */
  atHand(layer, id) {
    const source = sourceOf(layer.id);
    const drawn = source instanceof WholeSource ? source.all.get(id) : undefined;
    if (!drawn) return false;
    const { body } = this.panel.open({ kind: "card", picture: symbolOf(layer, drawn.properties), title: drawn.title || say(layer.label), meta: say(layer.label) });
    const known = layer.fields.filter((field) => field.id !== layer.title && words(field, drawn.properties[field.id]) != null);
    add(body, el("div", { class: "section" }, el("div", { class: "note stale", role: "status" }, el("b", { text: t("stale.card") }), el("p", { text: t("stale.cardAdvice") }))));
    section(body, el("dl", { class: "facts" }, known.flatMap((field) => [el("dt", { text: say(field.label) }), el("dd", {}, this.value(field, drawn.properties[field.id]))])));
    return true;
  }

  /** @param {import("../types").Layer} layer @param {import("../types").Feature} feature */
  show(layer, feature) {
    this.layer = layer;
    this.feature = feature;
    const { properties } = feature;
    const code = layer.key ? properties[layer.key] : null;
    const meta = [say(layer.label), code, t("card.version", { n: properties.version })].filter(Boolean).join(" · ");
    const past = historySection(this.view, layer, feature.id, Number(properties.version), { current: () => panel.current(), reverted: (back) => this.show(layer, back) });
    const panel = this.panel.open({ kind: "card", left: past.left, picture: symbolOf(layer, properties), title: titleOf(layer, feature), meta });
    if (this.act.back) add(panel.body, el("div", { class: "section" }, button(t("card.back"), this.act.back, { small: true, icon: "left" })));
    const books = ledgersOf(layer.id);
    if (books.length) section(panel.body, books.map((book) => stockFigure(book, layer, feature)), el("p", { class: "book-marks" }, marksOf(layer, properties)));
    const told = new Set(books.flatMap(({ ledger }) => (ledger ? [ledger.balance, ledger.unit, ledger.least] : [])));
    const known = layer.fields.filter((field) => !SYSTEM.has(field.id) && !told.has(field.id) && field.id !== layer.title && field.id !== layer.key && !field.reference && words(field, properties[field.id]) != null);
    section(panel.body, el("dl", { class: "facts" }, known.flatMap((field) => [el("dt", { text: say(field.label), title: field.description ? say(field.description) : null }), el("dd", {}, this.value(field, properties[field.id]))])), this.unknowns(layer, properties));
    const children = el("div");
    for (const book of books) add(panel.body, this.booked(book, layer, [feature], panel.current));
    add(panel.body, children, this.origin(layer, feature), past.element);
    this.related(layer, feature, children, panel.current);
    const place = placeOf(layer, feature);
    const edit = layer.allowed.includes("write") && !layer.ledger && button(t("card.edit"), () => this.act.edit(layer, feature), { icon: "edit", key: "E" });
    panel.acts(...(place ? [button(t("nearest.short"), () => this.act.nearest(place), { primary: true, wide: true, icon: "nearest", key: "N" }), button(t("zone.short"), () => this.act.zone(place), { icon: "zone", key: "Z" })] : []), edit);
  }

  /** The entries of accounts, each of which may get another; afterwards the card is read again.
   * @param {import("../types").Layer} book @param {import("../types").Layer} layer @param {import("../types").Feature[]} accounts @param {() => boolean} current */
  booked(book, layer, accounts, current) {
    const [shown, id] = [String(this.layer?.id), String(this.feature?.id)];
    return bookSection(book, layer, accounts, { current, enter: (kind) => this.act.enter(book, accounts, kind, () => this.open(shown, id)) });
  }

  /** @param {import("../types").Field} field @param {any} value */
  value(field, value) {
    if (Array.isArray(value)) return value.map((one) => el("span", { class: "chip soft", text: words(field, one) }));
    if (field.type === "datetime") return [words(field, value)];
    if (isMasked(field, value)) return this.masked(field, value);
    if (field.unit && typeof value === "number") return [figure(value), el("span", { class: "unit", text: sized(field, value)?.replace(figure(value), "").trim() })];
    return [words(field, value)];
  }

  /** A personal value as it is shown to all, with the way to see it whole. @param {import("../types").Field} field @param {any} value */
  masked(field, value) {
    const shown = el("span", { text: value });
    return [shown, " ", this.layer && revealing(this.layer, String(this.feature?.id), field, (whole, show) => {
      shown.textContent = words(field, whole) ?? t("unknown");
      show.replaceWith(callLink(field, whole) || "", el("span", { class: "meta-3", role: "status", text: t("reveal.logged") }));
    })];
  }

  /** @param {import("../types").Layer} layer @param {Record<string, any>} properties */
  unknowns(layer, properties) {
    const missing = layer.fields.filter((field) => !SYSTEM.has(field.id) && words(field, properties[field.id]) == null).map((field) => say(field.label));
    return missing.length ? el("p", { class: "basis" }, t("card.unknown", { fields: missing.join(t("list.comma")) })) : null;
  }

  /** @param {import("../types").Layer} layer @param {import("../types").Feature} feature */
  origin(layer, feature) {
    const { properties } = feature;
    const place = placeOf(layer, feature);
    const rows = /** @type {[string, any][]} */ ([
      [t("card.source"), [properties.source || el("span", { class: "unknown", text: t("unknown") }), properties.source_date ? ` · ${String(properties.source_date).slice(0, 10)}` : ""]],
      [t("card.changed"), t("card.byWhen", { by: properties.updated_by || properties.created_by || "—", when: moment(properties.updated_at) })],
      place && [t("card.position"), position(place, { rough: isRough(layer), inside: feature.geometry?.type !== "Point" })],
      properties.adcode && [t("card.division"), properties.adcode],
    ].filter(Boolean));
    return el("section", { class: "section" }, el("div", { class: "section-head" }, el("h3", { text: t("card.origin") }), el("span", { class: "push" }, age(properties.verified_at))), el("dl", { class: "facts small" }, rows.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", {}, value)])));
  }

  /** Features of other layers that refer to this one: the stock of a depot, the substances of a source.
   * @param {import("../types").Layer} layer @param {import("../types").Feature} feature @param {Element} into @param {() => boolean} current */
  async related(layer, feature, into, current) {
    for (const child of state.layers.values()) {
      if (child.ledger) continue; // it is read as a book
      for (const field of child.fields.filter((one) => one.reference === layer.id)) {
        try {
          const page = await ask(`layers/${child.id}/features?filter=${encodeURIComponent(`${field.id} = '${feature.id}'`)}&limit=${CHILDREN}`);
          if (!current() || !page.features.length) continue;
          add(into, el("div", { class: "rank-head" }, el("b", { text: say(child.label) }), el("span", { class: "push", text: t("card.children", { n: page.numberMatched ?? page.features.length }) })),
            page.features.map((/** @type {any} */ one) => plainRow(child, one, [...marksOf(child, one.properties), age(one.properties.verified_at)], () => this.act.card(child.id, one.id))),
            page.numberMatched > page.features.length && partly(t("card.childrenSome", { shown: page.features.length, n: page.numberMatched }), t("card.childrenAdvice")),
            ledgersOf(child.id).map((book) => this.booked(book, child, page.features, current)));
        } catch {
          if (current()) add(into, el("div", { class: "none-row", text: t("card.noChildren", { layer: say(child.label) }) }));
        }
      }
    }
    for (const field of layer.fields.filter((one) => one.reference && feature.properties[one.id])) {
      const parent = state.layers.get(String(field.reference));
      if (!parent) continue;
      try {
        const one = await ask(`layers/${parent.id}/features/${feature.properties[field.id]}`);
        if (current()) add(into, el("div", { class: "rank-head" }, el("b", { text: say(field.label) })), plainRow(parent, one, "", () => this.act.card(parent.id, one.id)));
      } catch (error) {
        if (unanswered(error) && current()) add(into, el("div", { class: "none-row", text: t("card.noChildren", { layer: say(field.label) }) }));
        // a parent that may not be read is not named
      }
    }
  }
}

/** A link that calls a number which was shown whole; null for what is no number. @param {import("../types").Field} field @param {any} value */
function callLink(field, value) {
  const number = String(value ?? "").normalize("NFKC").replace(/[\s()-]/g, "");
  if (!/^\+?\d{3,15}$/.test(number)) return null;
  return el("a", { class: "btn small beside call", href: `tel:${number}`, "aria-label": t("card.callOf", { field: say(field.label), number }) }, icon("call"), el("span", { text: t("card.call") }));
}

/** Whether this reader is told of exact positions only about where they are. @param {import("../types").Layer} layer */
const isRough = (layer) => (layer.geometry_sensitivity || "public") !== "public" && !layer.allowed.includes("reveal");

/** Where a feature is asked about from. @param {import("../types").Layer} layer @param {import("../types").Feature} feature @returns {import("../state.js").Place | null} */
export function placeOf(layer, feature) {
  const drawn = drawnOf(layer, feature);
  if (!drawn) return null;
  const [x, y] = anchorOf(drawn);
  return { lon: lonOf(x), lat: latOf(y), name: titleOf(layer, feature), layer: layer.id, id: feature.id };
}

/** Several features at one spot: choose one. @param {import("../panel.js").Panel} panel @param {{layer: string, id: string, title: string}[]} all @param {(layer: string, id: string) => void} act */
export function crowdPanel(panel, all, act) {
  const { body } = panel.open({ kind: "crowd", picture: symbolUrl("point", "plot"), title: t("crowd.title", { n: all.length }), meta: t("crowd.advice") });
  for (const one of all) {
    const layer = state.layers.get(one.layer);
    if (layer) add(body, el("button", { class: "row", type: "button", on: { click: () => act(one.layer, one.id) } }, el("span", { class: "sy plain" }, image(symbolOf(layer, {}))), el("span", { class: "what" }, el("b", { text: one.title }), el("span", { class: "meta", text: say(layer.label) })), el("span")));
  }
}
