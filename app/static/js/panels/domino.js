// What the zone may set off, under the exposure: step by step, each with its chain; what zone it has itself, or that none is known.
import { ask } from "../api.js";
import { add, button, el, image } from "../dom.js";
import { distanceText } from "../format.js";
import { Overlay } from "../map/overlay.js";
import { refused, section, sectionHead, waiting } from "../panel.js";
import { state } from "../state.js";
import { say, t } from "../words.js";
import { symbolOf } from "./rows.js";

const LISTED = 12; // of each step

export class Domino {
  /** @param {import("./question.js").Question} question */
  constructor(question) {
    this.question = question;
    this.overlay = new Overlay(question.view.map);
    this.answer = /** @type {any} */ (null);
    this.error = /** @type {any} */ (null);
    this.open = false;
    this.turn = 0;
    this.all = new Set();
  }

  async ask() {
    if (!state.zone) return;
    const turn = ++this.turn;
    this.error = null;
    try {
      const answer = await ask("domino", { body: this.question.exposureBodyOf(state.zone) });
      if (turn !== this.turn) return;
      this.answer = answer;
    } catch (error) {
      if (turn !== this.turn) return;
      this.answer = null;
      this.error = error;
    }
    this.mark();
    this.question.late();
  }

  /** The zone is another; what is open is asked anew. */
  moved() {
    this.turn++;
    this.answer = this.error = null;
    this.overlay.clear();
    if (!state.zone) this.open = false;
    if (this.open) this.ask();
  }

  /** @param {Set<string>} layers that changed */
  refresh(layers) {
    if (this.answer?.versions.some((/** @type {any} */ one) => layers.has(one.layer))) this.ask();
  }

  mark() {
    this.overlay.clear();
    if (!this.open || this.question.tab !== "zone") return;
    const zones = (this.answer?.features || []).filter((/** @type {any} */ one) => /Polygon/.test(one.geometry.type));
    for (const { geometry, properties } of zones.sort((/** @type {any} */ one, /** @type {any} */ other) => other.properties.reach_m - one.properties.reach_m)) this.overlay.zone(geometry, "z-next", `${properties.name} ${distanceText(properties.reach_m)}`);
    this.overlay.declutter();
  }

  /** @param {Element} body */
  render(body) {
    const turn = () => { this.open = !this.open; if (this.open && !this.answer) this.ask(); this.mark(); this.question.render(); };
    section(body, sectionHead(t("domino.title"), this.answer && this.open ? t("domino.count", { n: this.answer.numberReturned }) : ""), el("p", { class: "meta", text: t("domino.about") }), el("div", { class: "tool-row", data: { part: "domino" } }, button(t(this.open ? "domino.hide" : "domino.show"), turn, { small: true })));
    if (!this.open) return;
    if (this.error) return void add(body, refused(this.error, () => this.ask()));
    if (!this.answer) return void add(body, waiting());
    const { features, cut, coarse, looked_at } = this.answer;
    if (cut) add(body, el("div", { class: "none-row" }, el("div", { class: "note part", text: t("domino.cut") })));
    for (const step of [1, 2, 3]) this.step(body, step, features.filter((/** @type {any} */ one) => one.properties.step === step));
    const words = (/** @type {string[]} */ ids) => ids.map((id) => say(state.layers.get(id)?.label)).filter(Boolean).join(t("list.comma"));
    add(body, el("div", { class: "none-row", text: [t("domino.lookedAt", { layers: words(looked_at) }), coarse.length ? t("domino.coarse", { layers: words(coarse) }) : ""].filter(Boolean).join(t("list.stop")) }));
  }

  /** @param {Element} body @param {number} step @param {any[]} those */
  step(body, step, those) {
    if (!those.length) return;
    add(body, el("div", { class: "rank-head" }, el("b", { text: t("domino.step", { n: step }) }), el("span", { class: "push", text: t("domino.places", { n: those.length }) })));
    const rows = gathered(those).sort((one, other) => Number(other[0].properties.zone !== "none") - Number(one[0].properties.zone !== "none"));
    for (const [{ id, properties: one }, ...rest] of this.all.has(step) ? rows : rows.slice(0, LISTED)) {
      const layer = state.layers.get(one.layer);
      if (!layer) continue;
      const chain = one.chain.length ? t("domino.via", { names: one.chain.map((/** @type {any} */ each) => each.name).join(" → ") }) : t("domino.byZone");
      add(body, el("button", { class: "row domino", type: "button", data: { feature: id }, on: { click: () => this.question.act.card(one.layer, id) } }, el("span", { class: "sy plain" }, image(symbolOf(layer, {}))),
        el("span", { class: "what" }, el("b", { text: one.name }), el("span", { class: "meta wrap", text: rest.length ? `${chain} · ${t("domino.pieces", { n: rest.length + 1 })}` : chain })), el("span", { class: "how meta", text: reach(one) })));
    }
    if (rows.length > LISTED && !this.all.has(step)) add(body, el("div", { class: "none-row" }, el("button", { class: "link", type: "button", text: t("plan.rest", { n: rows.length - LISTED }), on: { click: () => { this.all.add(step); this.question.render(); } } })));
  }
}

/** Pieces of one name reached in one way, as roads have them, are one row. @param {any[]} those @returns {any[][]} */
function gathered(those) {
  const rows = new Map();
  for (const one of those) {
    const { layer, name, zone, chain } = one.properties;
    const key = JSON.stringify(zone === "none" ? [layer, name, chain] : one.id);
    rows.set(key, [...(rows.get(key) || []), one]);
  }
  return [...rows.values()];
}

/** What is known of the zone that one would have. @param {any} one */
function reach(one) {
  if (one.zone === "none") return t("domino.noZone");
  if (one.zone === "unknown") return t("domino.unknownZone");
  return t(one.zone === "known" ? "domino.zone" : "domino.zoneEnd", { way: distanceText(one.reach_m) });
}
