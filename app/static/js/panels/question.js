// The question panel: a place, what is nearest to it, the zone around it and what lies inside. Figures of map and list are one answer.
import { ask, Refusal, unanswered } from "../api.js";
import { symbolUrl } from "../config.js";
import { add, button, el } from "../dom.js";
import { coordinates, degreesMinutes, timeOf } from "../format.js";
import { lookOf } from "../looks.js";
import { refused, section } from "../panel.js";
import { nameOf, state, tell } from "../state.js";
import { t } from "../words.js";
import { Driving } from "./driving.js";
import { exposureBody } from "./exposure.js";
import { askOf, askOfStock, filterNote, filteredLayers } from "./filtered.js";
import { position } from "./coordinates.js";
import { Domino } from "./domino.js";
import { Needs } from "./needs.js";
import { isSupplied, nearestBody } from "./ranking.js";
import { Sheltering } from "./shelter.js";
import { sources } from "./supply.js";

const K = 5;
const FIRST_RADIUS_M = 1000; // where the handle starts; the officer sets the radius that the rule asks for

/** @typedef {"place" | "nearest" | "zone" | "shelter"} Tab */

export class Question {
  /** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {import("../map/zone.js").ZoneDrawing} drawing @param {{card: (layer: string, id: string) => void, tools: () => void, table: (layer: string) => void, pick: (words: string, done: (lon: number, lat: number) => void) => void, prompt: (words: string | null) => void, keep: (layer: import("../types").Layer, geometry: any) => void}} act */
  constructor(panel, view, drawing, act) {
    this.panel = panel;
    this.view = view;
    this.drawing = drawing;
    this.act = act;
    /** @type {Tab} */
    this.tab = "place";
    this.nearest = /** @type {any} */ (null);
    /** How the articles needed are met, with the ranking. @type {any} */
    this.supply = null;
    this.needs = new Needs({ changed: () => { this.render(); this.askNearest(); }, drawn: () => this.late() });
    /** Left-out rows whose reasons are all shown. @type {Set<string>} */
    this.opened = new Set();
    /** Layers of which all that are left out are listed. @type {Set<string>} */
    this.whole = new Set();
    this.exposure = /** @type {any} */ (null);
    this.error = { nearest: /** @type {any} */ (null), zone: /** @type {any} */ (null) };
    this.asked = { nearest: 0, zone: 0 };
    this.k = K;
    /** The last whole answer, to be read again while nobody answers. @type {any} */
    this.last = null;
    this.filters = "";
    this.sheltering = new Sheltering(this);
    this.domino = new Domino(this);
    this.filtered = false; // whether answers are of what the filters of the map show, or of all
    this.driving = new Driving(drawing, { changed: () => { this.askNearest(); if (this.sheltering.going.byRoad) this.sheltering.anew(); }, drawn: () => this.late(), prompt: act.prompt, keep: act.keep, table: act.table });
    /** The row that is pointed at: its route is drawn. @type {string | null} */
    this.pointed = null;
  }

  /** @param {import("../state.js").Place} place @param {Tab} [tab] */
  at(place, tab) {
    const moved = !state.place || state.place.lon !== place.lon || state.place.lat !== place.lat;
    state.place = place;
    state.chosen = null;
    if (moved) {
      this.nearest = null;
      if (state.zone?.kind === "circle") this.setZone({ ...state.zone, lon: place.lon, lat: place.lat }, false);
    }
    this.open(tab || (this.panel.kind === "question" ? this.tab : "place"));
    if (moved) this.view.clear(place.lon, place.lat, this.panel.element);
  }

  /** @param {Tab} tab */
  open(tab) {
    this.tab = tab;
    if (tab === "nearest" && state.place && !this.nearest) this.askNearest();
    const wantsZone = tab === "zone" || tab === "shelter";
    if (wantsZone && state.place && !state.zone) this.setZone({ kind: "circle", lon: state.place.lon, lat: state.place.lat, radius_m: FIRST_RADIUS_M }, false);
    if (tab === "zone" && state.zone && !this.exposure) this.askExposure();
    if (tab === "shelter" && state.zone && !this.sheltering.answer) this.sheltering.ask();
    this.mark();
    this.render();
    this.act.tools();
  }

  /** @param {import("../state.js").Zone | null} zone */
  setZone(zone, ask = true) {
    state.zone = zone;
    state.zoneShape = null;
    this.exposure = null;
    this.sheltering.forget();
    this.domino.moved();
    this.drawing.show();
    if (zone) {
      if (this.tab === "shelter") this.sheltering.ask();
      if (ask || this.tab === "zone") this.askExposure();
    } else if (this.nearest && this.nearest.asked?.zone) this.askNearest();
    this.mark();
    this.render();
  }

  /** @param {any} geometry */
  polygon(geometry) {
    if (!state.place) {
      const ring = geometry.coordinates[0];
      const middle = ring.slice(1).reduce((/** @type {number[]} */ sum, /** @type {number[]} */ at) => [sum[0] + at[0] / (ring.length - 1), sum[1] + at[1] / (ring.length - 1)], [0, 0]);
      state.place = { lon: middle[0], lat: middle[1] };
    }
    this.tab = "zone";
    this.setZone({ kind: "polygon", geometry });
    this.act.tools();
  }

  /** The question of the ranking as it is sent; null before it was asked. */
  nearestAsked() {
    return this.nearest && state.place ? this.nearestBodyOf(state.place) : null;
  }

  /** That of the zone. */
  exposureAsked() {
    return this.exposure && state.zone ? this.exposureBodyOf(state.zone) : null;
  }

  /** @param {import("../state.js").Place} place */
  nearestBodyOf(place) {
    const zone = state.zoneShape || (state.zone?.kind === "polygon" ? state.zone.geometry : null);
    return { lon: place.lon, lat: place.lat, k: this.k, ...(zone ? { zone } : {}), ...this.needs.body(), ...this.driving.body() };
  }

  /** @param {import("../state.js").Zone} zone */
  exposureBodyOf(zone) {
    return zone.kind === "circle" ? { geometry: { type: "Point", coordinates: [zone.lon, zone.lat] }, buffer_m: zone.radius_m } : { geometry: zone.geometry };
  }

  async askNearest() {
    const place = /** @type {import("../state.js").Place} */ (state.place);
    const turn = ++this.asked.nearest;
    this.error.nearest = null;
    this.driving.askAreas();
    try {
      await this.driving.ready();
      const body = this.nearestBodyOf(place);
      const supplied = { ...body, k: undefined, mode: undefined, profile: undefined, barriers: undefined }; // depots are drawn on until there is enough, by straight distance
      const [answer, supply] = await Promise.all([askOf("nearest", body, "ranked", this.filtered), this.needs.asked().length ? askOfStock(supplied, this.filtered) : null]);
      if (turn !== this.asked.nearest) return;
      this.nearest = { ...answer, at: new Date() };
      this.supply = supply;
      await this.nameLeftOut(answer);
      this.keep();
    } catch (error) {
      if (turn === this.asked.nearest) this.error.nearest = error;
    }
    if (turn !== this.asked.nearest) return;
    this.mark();
    this.late();
  }

  /** Answer of all, or of what the map shows. @param {boolean} filtered */
  turnFilter(filtered) {
    this.filtered = filtered;
    this.again();
    this.render();
  }

  /** The map is filtered otherwise. */
  looked() {
    const now = JSON.stringify(["ranked", "exposed"].map((kind) => filteredLayers(/** @type {any} */ (kind)).map((layer) => [layer.id, lookOf(layer.id).filter])));
    if (now === this.filters) return;
    this.filters = now;
    if (this.filtered) this.again();
    if (this.panel.kind === "question") this.render();
  }

  /** Ask anew what is being answered. */
  again() {
    if (this.nearest) this.askNearest();
    if (this.exposure) this.askExposure();
  }

  /** Left-out rows come as ids: their names and places are asked once. @param {any} answer */
  async nameLeftOut(answer) {
    const leftOut = (this.leftOut = new Map());
    await Promise.all(answer.layers.map(async (/** @type {any} */ one) => {
      const ids = one.left_out.map((/** @type {any} */ out) => out.feature).slice(0, 100);
      if (!ids.length) return;
      const page = await ask(`layers/${one.layer}/features?ids=${ids.join(",")}&limit=${ids.length}&count=false`);
      for (const feature of page.features) leftOut.set(nameOf(one.layer, feature.id), feature);
    }));
  }

  async askExposure() {
    const zone = state.zone;
    if (!zone) return;
    const turn = ++this.asked.zone;
    this.error.zone = null;
    try {
      const answer = await askOf("exposure", this.exposureBodyOf(zone), "exposed", this.filtered);
      if (turn !== this.asked.zone) return;
      this.exposure = { ...answer, at: new Date() };
      state.zoneShape = answer.zone;
      this.keep();
      if (this.nearest || this.tab === "nearest") this.askNearest();
    } catch (error) {
      if (turn === this.asked.zone) {
        this.error.zone = error;
        if (error instanceof Refusal && !unanswered(error)) zone.refused = true;
        this.drawing.show();
      }
    }
    if (turn !== this.asked.zone) return;
    this.mark();
    this.late();
  }

  keep() {
    const { place, zone, zoneShape } = state;
    this.last = { place, zone, zoneShape, nearest: this.nearest, supply: this.supply, exposure: this.exposure, leftOut: this.leftOut };
  }

  /** The last answer as it was, with its place and zone. */
  recall() {
    const { place, zone, zoneShape, nearest, supply, exposure, leftOut } = this.last;
    Object.assign(state, { place, zone, zoneShape });
    Object.assign(this, { nearest, supply, exposure, leftOut, error: { nearest: null, zone: null }, tab: nearest ? "nearest" : "zone" });
    this.drawing.show();
    this.mark();
    this.render();
  }

  /** Why there is no answer, and the way to the last there was. @param {Element} body @param {any} error @param {() => void} again */
  refusal(body, error, again) {
    add(body, refused(error, again));
    if (!unanswered(error) || !this.last) return body;
    const { nearest, exposure, place } = this.last;
    return section(body, el("p", { class: "meta", text: t("stale.last", { time: timeOf((nearest || exposure).at), place: place?.name || coordinates(place.lon, place.lat) }) }), el("div", { class: "tool-row" }, button(t("stale.recall"), () => this.recall(), { small: true })));
  }

  /** Data changed under the answer: ask again, quietly. @param {Set<string>} layers */
  refresh(layers) {
    const concerns = (/** @type {any} */ answer) => answer?.layers.some((/** @type {any} */ one) => layers.has(one.layer) || Object.keys(one.rests_on || {}).some((id) => layers.has(id)));
    if (concerns(this.nearest) || concerns(this.supply) || (this.nearest && this.driving.concerns(layers))) this.askNearest();
    if (concerns(this.exposure)) this.askExposure();
    this.sheltering.refresh(layers);
    this.domino.refresh(layers);
  }

  /** The same ranks on the map as in the list. */
  mark() {
    state.marks = new Map();
    for (const feature of this.exposure?.features || []) state.marks.set(nameOf(feature.properties.layer, feature.id), { inside: true, feature });
    const drawn = sources(this.supply);
    for (const one of this.nearest?.layers || []) {
      for (const out of one.left_out.slice(0, 20)) {
        const feature = this.leftOut?.get(nameOf(one.layer, out.feature));
        if (feature && !drawn.has(out.feature)) state.marks.set(nameOf(one.layer, out.feature), { out: true, distance_m: out.distance_m, feature });
      }
    }
    const ranked = (this.nearest?.features || []).filter((/** @type {any} */ one) => !isSupplied(this, one.properties.layer));
    for (const feature of [...ranked, ...drawn.values()]) {
      const { layer, rank, distance_m, duration_s } = feature.properties;
      state.marks.set(nameOf(layer, feature.id), { ...(rank == null ? { out: true } : { rank }), distance_m, duration_s, feature });
    }
    this.sheltering.mark();
    this.domino.mark();
    tell("question");
  }

  leave() {
    state.place = null;
    state.zone = null;
    state.zoneShape = null;
    this.nearest = null;
    this.supply = null;
    this.exposure = null;
    this.needs.clear();
    this.opened.clear();
    this.whole.clear();
    this.asked.nearest++;
    this.asked.zone++;
    this.sheltering.forget();
    this.domino.moved();
    this.tab = "place";
    this.driving.forget();
    this.pointed = null;
    this.filtered = false;
    this.drawing.cancel();
    this.drawing.show();
    this.mark();
    this.act.tools();
  }

  /** An answer has come: seen at once where the question is, never over what was opened meanwhile. */
  late() {
    if (this.panel.kind === "question") this.render();
  }

  render() {
    const place = state.place;
    if (!place) return;
    const here = coordinates(place.lon, place.lat);
    const meta = [place.name ? `${here} · ` : "", "CGCS2000", place.note ? ` · ${place.note}` : ""].join("");
    const { body, acts } = this.panel.open({ kind: "question", picture: symbolUrl("point", "plot"), title: place.name || here, meta });
    body.parentElement?.insertBefore(this.tabs(), body);
    if (this.tab === "nearest" || this.tab === "zone") add(body, filterNote(this.tab === "nearest" ? "ranked" : "exposed", this.filtered, (filtered) => this.turnFilter(filtered)));
    if (this.tab === "place") this.placeBody(body);
    else if (this.tab === "nearest") nearestBody(body, this);
    else if (this.tab === "shelter") this.sheltering.render(body);
    else exposureBody(body, this);
    if (this.tab === "place") acts(button(t("nearest.go"), () => this.open("nearest"), { primary: true, wide: true, icon: "nearest", key: "N" }), button(t("zone.go"), () => this.open("zone"), { icon: "zone", key: "Z" }));
    else if (this.tab === "nearest") acts(button(state.zone ? t("zone.see") : t("zone.goHere"), () => this.open("zone"), { wide: true, icon: "zone", key: "Z" }), button(t("question.clear"), () => this.panel.close()));
    else if (this.tab === "shelter") acts(button(t("plan.save"), () => this.sheltering.save(), { wide: true, icon: "download" }), button(t("zone.see"), () => this.open("zone"), { icon: "zone", key: "Z" }));
    else acts(button(t("nearest.outside"), () => this.open("nearest"), { primary: true, wide: true, icon: "nearest", key: "N" }), button(t("zone.remove"), () => { this.setZone(null); this.open("nearest"); }));
    tell("question");
  }

  tabs() {
    const count = (/** @type {any} */ answer) => (answer ? answer.numberReturned ?? answer.features.length : "");
    /** @type {[Tab, string, any][]} */
    const all = [["place", t("tab.place"), ""], ["nearest", t("tab.nearest"), count(this.nearest)], ["zone", t("tab.zone"), this.exposure ? this.exposure.layers.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.count, 0) : ""],
      ["shelter", t("tab.shelter"), this.sheltering.answer ? t("tab.short", { n: this.sheltering.answer.plan.short }) : ""]];
    return el("div", { class: "tabs", role: "tablist" }, all.map(([tab, words, n]) => el("button", { type: "button", role: "tab", "aria-selected": String(tab === this.tab), on: { click: () => this.open(tab) } }, words, n === "" ? null : el("i", { text: n }))));
  }

  /** @param {Element} body */
  placeBody(body) {
    const place = /** @type {import("../state.js").Place} */ (state.place);
    section(body, el("dl", { class: "facts" },
      el("dt", { text: t("place.decimal") }), el("dd", {}, position(place)),
      el("dt", { text: t("place.dms") }), el("dd", { text: `${t("place.east")} ${degreesMinutes(place.lon)}  ${t("place.north")} ${degreesMinutes(place.lat)}` }),
      el("dt", { text: t("place.datum") }), el("dd", { text: t("place.datumWords") })));
    section(body, el("p", { class: "meta", text: t("place.advice") }));
  }

  /** @param {string} id */
  point(id) {
    if (this.pointed === id) return;
    this.pointed = id;
    tell("chosen"); // the route of the row is drawn; nothing else has changed
  }

  /** @param {string} layer @param {string} id */
  show(layer, id) {
    this.act.card(layer, id);
  }
}
