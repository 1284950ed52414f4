// How one goes in a plan: straight over the ground or by road, and by which vehicle; kept for the next time.
import { ask } from "../api.js";
import { el } from "../dom.js";
import { state } from "../state.js";
import { t } from "../words.js";

export class Going {
  /** @param {string} key under which it is kept @param {"straight" | "road"} usual @param {() => void} changed */
  constructor(key, usual, changed) {
    this.key = key;
    this.changed = changed;
    const kept = JSON.parse(localStorage.getItem(key) || "{}");
    /** @type {string} */
    this.mode = kept.mode || usual;
    this.profile = String(kept.profile || "");
    /** @type {{code: string, name: string, source: string | null}[]} */
    this.profiles = [];
  }

  /** Whether there are roads to go by. */
  get offered() {
    return [...state.layers.values()].some((layer) => layer.network);
  }

  get byRoad() {
    return this.mode === "road" && this.offered;
  }

  /** Vehicles are read before the first question by road; one that is no more gives way to the first. */
  async ready() {
    if (!this.byRoad) return;
    this.profiles = (await ask("roads/profiles")).profiles;
    if (!this.profiles.some((one) => one.code === this.profile)) this.profile = this.profiles[0]?.code || "";
  }

  /** What the question says of it. */
  body() {
    return this.byRoad ? { mode: "road", ...(this.profile ? { profile: this.profile } : {}) } : {};
  }

  /** Whether an answer rests on a layer: network, vehicles or blocks. @param {Set<string>} layers */
  concerns(layers) {
    return this.byRoad && [...layers].some((id) => { const layer = state.layers.get(id); return Boolean(layer && (layer.network || layer.profiles || layer.blocks)); });
  }

  /** @param {{mode?: string, profile?: string}} chosen */
  choose(chosen) {
    Object.assign(this, chosen);
    localStorage.setItem(this.key, JSON.stringify({ mode: this.mode, profile: this.profile }));
    this.changed();
  }

  /** The switch, and by road the vehicle, as fields of a form. */
  controls() {
    const pick = (/** @type {"straight" | "road"} */ mode) => el("button", { type: "button", "aria-pressed": String(this.byRoad === (mode === "road")), text: t(`driving.${mode}`), on: { click: () => this.byRoad === (mode === "road") || this.choose({ mode }) } });
    const how = el("div", { class: "field" }, el("span", { class: "meta", text: t("going.how") }), el("div", { class: "segments", role: "group", "aria-label": t("going.how") }, pick("straight"), this.offered && pick("road")));
    if (!this.byRoad || !this.profiles.length) return [how];
    const select = el("select", { id: "going-profile", on: { change: () => this.choose({ profile: select.value }) } }, this.profiles.map((one) => el("option", { value: one.code, text: one.name })));
    select.value = this.profile;
    return [how, el("div", { class: "field" }, el("label", { for: "going-profile", text: t("driving.profile") }), el("div", { class: "input" }, select))];
  }

  /** Whose speeds they are, to be read with the answer. */
  note() {
    const used = this.byRoad && this.profiles.find((one) => one.code === this.profile);
    return used ? t("going.speeds", { name: used.name, source: used.source || t("zone.noSource") }) : "";
  }
}
