// How a ranking is asked: as the crow flies or by road, by which vehicle, past which barriers; and what is reached in so many minutes.
import { ask } from "../api.js";
import { add, button, el, icon, iconButton } from "../dom.js";
import { distanceText } from "../format.js";
import { state } from "../state.js";
import { say, t } from "../words.js";

const KEPT = "onemap-driving";
const MINUTES = [5, 10, 15];

/** @typedef {"straight" | "road"} Mode */

export class Driving {
  /** @param {import("../map/zone.js").ZoneDrawing} drawing @param {{changed: () => void, drawn: () => void, prompt: (words: string | null) => void, keep: (layer: import("../types").Layer, geometry: any) => void, table: (layer: string) => void}} act */
  constructor(drawing, act) {
    this.drawing = drawing;
    this.act = act;
    const kept = JSON.parse(localStorage.getItem(KEPT) || "{}");
    /** @type {Mode} */
    this.mode = kept.mode === "road" ? "road" : "straight";
    this.profile = String(kept.profile || "");
    /** @type {any[]} */
    this.barriers = [];
    /** Areas from which the place is reached, with their minutes. @type {any} */
    this.areas = null;
    this.wantsAreas = false;
    this.closesZone = false; // whether nobody drives through the zone
    /** @type {{code: string, name: string, source: string | null}[]} */
    this.profiles = [];
    /** The version of their layer when they were read. @type {number | undefined} */
    this.readAt = undefined;
    this.turn = 0;
  }

  get byRoad() {
    return this.mode === "road";
  }

  /** What the question says of it. @returns {{mode?: Mode, profile?: string, barriers?: any[]}} */
  body() {
    if (!this.byRoad) return {};
    const zone = this.closesZone && zoneShape();
    const barriers = [...this.barriers, ...(zone ? [zone] : [])];
    return { mode: "road", ...(this.profile ? { profile: this.profile } : {}), ...(barriers.length ? { barriers } : {}) };
  }

  /** Profiles are read before the first question by road; one that is no more gives way to the first. */
  async ready() {
    const stands = vehicles()?.version;
    if (!this.byRoad || (this.profiles.length && stands === this.readAt)) return;
    const { profiles } = await ask("roads/profiles");
    this.profiles = profiles;
    this.readAt = stands;
    if (!profiles.some((/** @type {any} */ one) => one.code === this.profile)) this.profile = "";
  }

  /** Whether an answer by road rests on a layer: network, vehicles or blocks. @param {Set<string>} layers */
  concerns(layers) {
    return this.byRoad && [...layers].some((id) => { const layer = state.layers.get(id); return Boolean(layer && (layer.network || layer.profiles || layer.blocks)); });
  }

  /** @param {Partial<{mode: Mode, profile: string}>} chosen */
  choose(chosen) {
    Object.assign(this, chosen);
    localStorage.setItem(KEPT, JSON.stringify({ mode: this.mode, profile: this.profile }));
    if (!this.byRoad) this.areas = null;
    this.act.changed();
  }

  /** @param {"Line" | "Polygon"} kind */
  bar(kind) {
    this.act.prompt(t(kind === "Line" ? "prompt.barLine" : "prompt.barArea"));
    this.drawing.draw(kind, (geometry) => {
      this.barriers.push(geometry);
      this.act.changed();
    }, () => this.act.prompt(null));
  }

  /** What was barred for one's own question becomes a block for all, once it is saved. @param {import("../types").Layer} layer */
  keep(layer) {
    const geometry = this.barriers.pop();
    this.act.keep(layer, geometry);
  }

  clear() {
    this.barriers = [];
    this.act.changed();
  }

  forget() {
    this.barriers = [];
    this.areas = null;
    this.wantsAreas = false;
    this.closesZone = false;
    this.turn++;
  }

  turnAreas() {
    this.wantsAreas = !this.wantsAreas;
    this.areas = null;
    this.askAreas();
    this.act.drawn();
  }

  /** What is reached in time moves with all that moves the ranking. */
  async askAreas() {
    const place = state.place;
    const turn = ++this.turn;
    if (!this.byRoad || !this.wantsAreas || !place) return;
    const { profile, barriers } = this.body();
    try {
      const found = await ask("roads/service-areas", { body: { lon: place.lon, lat: place.lat, minutes: MINUTES, towards: true, ...(profile ? { profile } : {}), ...(barriers ? { barriers } : {}) } });
      if (turn !== this.turn) return;
      this.areas = found;
    } catch {
      if (turn !== this.turn) return;
      this.areas = null; // the ranking beside it says why nobody answers
      this.wantsAreas = false;
    }
    this.act.drawn();
  }

  /** The switch, and beneath it what belongs to the road. */
  controls() {
    const pick = (/** @type {Mode} */ mode, /** @type {string} */ words) => el("button", { type: "button", "aria-pressed": String(this.mode === mode), on: { click: () => { if (this.mode !== mode) this.choose({ mode }); } } }, words);
    const chooser = el("div", { class: "driving" }, el("div", { class: "segments", role: "group", "aria-label": t("driving.how") }, pick("straight", t("driving.straight")), pick("road", t("driving.road"))));
    if (!this.byRoad) return chooser;
    const select = el("select", { id: "profile", "aria-label": t("driving.profile"), on: { change: () => this.choose({ profile: select.value }) } }, this.profiles.map((one) => el("option", { value: one.code, selected: one.code === this.profile, text: one.name })));
    const count = this.barriers.length;
    const blocks = [...state.layers.values()].find((layer) => layer.blocks && layer.allowed.includes("write"));
    const speeds = vehicles();
    return add(chooser, el("div", { class: "vehicle" }, el("div", { class: "input" }, select), speeds ? iconButton("table", t("driving.speeds"), () => this.act.table(speeds.id)) : null),
      el("div", { class: "tool-row" },
        button(t("driving.barLine"), () => this.bar("Line"), { small: true, icon: "stop" }), button(t("driving.barArea"), () => this.bar("Polygon"), { small: true, icon: "zone" }),
        pressed(button(t("driving.areas"), () => this.turnAreas(), { small: true, icon: "clock" }), this.wantsAreas),
        state.zone ? pressed(button(t("driving.zone"), () => { this.closesZone = !this.closesZone; this.act.changed(); }, { small: true, icon: "inside" }), this.closesZone) : null,
        count && blocks ? button(t("driving.keep", { layer: say(blocks.label) }), () => this.keep(blocks), { small: true, icon: "plot" }) : null,
        count ? button(t("driving.clear", { n: count }), () => this.clear(), { small: true, icon: "close" }) : null));
  }

  /** What must be read with the ranking: where the place lies, whose speeds these are. @param {any} road */
  notes(road) {
    if (!road) return null;
    const used = this.profiles.find((one) => one.code === road.profile);
    const words = [
      road.covered ? null : t(road.off_m == null ? "driving.noRoads" : "driving.uncovered", { far: road.off_m == null ? "" : distanceText(road.off_m) }),
      road.barred ? t("driving.barred") : null,
      road.complete ? null : t("driving.incomplete"),
    ].filter(Boolean);
    return [...words.map((one) => el("div", { class: "filter-note", role: "note" }, icon("warn"), el("span", { text: one }))),
      el("p", { class: "meta-3 driving-basis", text: [road.covered && road.off_m >= 50 ? t("driving.off", { far: distanceText(road.off_m) }) : null, t("driving.only"), used?.source].filter(Boolean).join(" · ") })];
  }
}

/** The layer that says how fast what goes. */
const vehicles = () => [...state.layers.values()].find((layer) => layer.profiles);

/** The zone as the server drew it. */
const zoneShape = () => state.zoneShape || (state.zone?.kind === "polygon" ? state.zone.geometry : null);

/** @param {Element} made @param {boolean} on */
function pressed(made, on) {
  made.setAttribute("aria-pressed", String(on));
  return made;
}
