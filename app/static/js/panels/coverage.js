// Coverage: which villages a resource reaches in time, which not, and what would change if one were closed, moved or added. Nothing is written.
import { ask } from "../api.js";
import { config, symbolUrl } from "../config.js";
import { add, button, el, icon, iconButton, image } from "../dom.js";
import { distanceText, number, timeOf } from "../format.js";
import { Overlay } from "../map/overlay.js";
import { empty, refused, section, sectionHead, waiting } from "../panel.js";
import { fetchFile } from "../saving.js";
import { nameOf, state, tell } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { Going } from "./going.js";
import { symbolOf } from "./rows.js";
import { featureOf } from "./shelter.js";

const KEPT = "onemap-coverage";
const MINUTES = [5, 10, 15, 30];
const METRES = [1000, 3000, 5000, 10000];
const LISTED = 10;
const RINGS = 2000; // places drawn; the rows and the file have all

export class Coverage {
  /** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {{card: (layer: string, id: string, back: () => void) => void, pick: (words: string, done: (lon: number, lat: number) => void) => void, tools: () => void}} act */
  constructor(panel, view, act) {
    this.panel = panel;
    this.view = view;
    this.act = act;
    this.overlay = new Overlay(view.map);
    const kept = JSON.parse(localStorage.getItem(KEPT) || "{}");
    this.layer = String(kept.layer || "");
    this.going = new Going(`${KEPT}-going`, "road", () => this.set({}));
    this.minutes = Number(kept.minutes) || 15;
    this.metres = Number(kept.metres) || 5000;
    this.answer = /** @type {any} */ (null);
    this.error = /** @type {any} */ (null);
    this.turn = 0;
    this.all = new Set();
    this.endTrial();
    this.away = false; // a card is looked at, the trial waits
    this.left = () => this.gone();
  }

  endTrial() {
    /** @type {Set<string>} */
    this.closed = new Set();
    /** @type {Map<string, {lon: number, lat: number}>} */
    this.moved = new Map();
    /** @type {{name: string, lon: number, lat: number}[]} */
    this.added = [];
  }

  get layers() {
    return [...state.layers.values()].filter((layer) => layer.ranked);
  }

  /** @param {string} [layer] the one that is looked at */
  open(layer) {
    this.away = false;
    if (layer && layer !== this.layer && this.layers.some((one) => one.id === layer)) {
      this.endTrial();
      this.layer = layer;
    }
    if (!this.layers.some((one) => one.id === this.layer)) this.layer = this.layers[0]?.id || "";
    this.render();
    this.act.tools();
    if (this.layer) this.ask();
  }

  gone() {
    this.turn++;
    this.answer = this.error = null;
    if (!this.away) this.endTrial();
    this.overlay.clear();
    this.mark();
    this.act.tools();
  }

  /** A card, from which the way leads back. @param {string} layer @param {string} id */
  look(layer, id) {
    this.away = true;
    this.act.card(layer, id, () => this.open());
  }

  /** @param {Partial<{layer: string, minutes: number, metres: number}>} change */
  set(change) {
    if (change.layer && change.layer !== this.layer) this.endTrial();
    this.answer = null; // figures of another question would stand under the new one
    Object.assign(this, change);
    localStorage.setItem(KEPT, JSON.stringify({ layer: this.layer, minutes: this.minutes, metres: this.metres }));
    this.again();
  }

  again() {
    this.render();
    this.ask();
  }

  body() {
    const limit = this.going.byRoad ? { ...this.going.body(), limit_min: this.minutes } : { limit_m: this.metres };
    return { layer: this.layer, ...limit, closed: [...this.closed], moved: [...this.moved].map(([id, at]) => ({ id, ...at })), added: this.added };
  }

  async ask() {
    const turn = ++this.turn;
    this.error = null;
    try {
      await this.going.ready();
      const answer = await ask("coverage", { body: this.body() });
      if (turn !== this.turn) return;
      this.answer = { ...answer, at: new Date() };
      this.bringIn();
    } catch (error) {
      if (turn !== this.turn) return;
      this.answer = null;
      this.error = error;
    }
    this.mark();
    if (this.panel.kind === "coverage") this.render();
  }

  /** @param {Set<string>} layers that changed */
  refresh(layers) {
    if (this.answer?.versions.some((/** @type {any} */ one) => layers.has(one.layer)) || (this.answer && this.going.concerns(layers))) this.ask();
  }

  /** What the trial changes is seen on the map. */
  bringIn() {
    const changed = this.answer.features.filter((/** @type {any} */ one) => one.properties.then && one.properties.then.covered !== one.properties.covered);
    if (!changed.length) return;
    const bounds = L.latLngBounds(changed.map((/** @type {any} */ one) => [one.geometry.coordinates[1], one.geometry.coordinates[0]]));
    if (!this.view.map.getBounds().contains(bounds)) this.view.fit([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
  }

  /** Villages that are not reached stand out as squares, those reached are dots, ringed where the trial changes it; resources as they are tried. */
  mark() {
    this.overlay.clear();
    state.marks = new Map();
    const layer = state.layers.get(this.layer);
    if (this.answer && layer) {
      const resources = (this.answer.then || this.answer.now).resources;
      for (const one of resources) {
        if (one.id) state.marks.set(nameOf(layer.id, one.id), one.against.length ? { out: true, feature: featureOf(layer, one) } : { inside: true, feature: featureOf(layer, one) });
        if (one.trial) this.overlay.tag([one.lon, one.lat], t(one.trial === "added" ? "coverage.tagAdded" : "coverage.tagMoved", { name: one.name }), "trial-tag");
        if (one.trial) this.overlay.ring([one.lon, one.lat], "z-tried", 9);
      }
      for (const one of this.answer.features.slice(0, RINGS)) {
        const reached = standing(one).covered;
        const village = state.layers.get(one.properties.layer);
        if (one.properties.then && one.properties.then.covered !== one.properties.covered) this.overlay.ring(one.geometry.coordinates, "z-changed", 17);
        if (reached) this.overlay.ring(one.geometry.coordinates, "z-reached", 7);
        else if (village) state.marks.set(nameOf(village.id, one.id), { inside: true, feature: featureOf(village, { id: one.id, name: one.properties.name, lon: one.geometry.coordinates[0], lat: one.geometry.coordinates[1] }) });
      }
    }
    tell("question");
  }

  async save() {
    try {
      const { name } = await fetchFile(`${config.api}/coverage/export`, this.body(), "coverage.csv");
      toast(t("plan.saved", { name }));
    } catch (error) {
      toast(/** @type {any} */ (error).message || t("error.offline"), { icon: "warn" });
    }
  }

  render() {
    const layer = state.layers.get(this.layer);
    const limit = this.going.byRoad ? t("driving.minutes", { n: this.minutes }) : distanceText(this.metres);
    const { body, acts } = this.panel.open({ kind: "coverage", picture: layer ? symbolUrl(layer.style.symbol, layer.style.family) : symbolUrl("point", "plot"), title: t("coverage.title"), meta: layer ? t("coverage.meta", { layer: say(layer.label), limit }) : "", left: this.left });
    if (!layer) return void add(body, empty(t("nearest.none"), t("nearest.noneAdvice")));
    add(body, this.controls());
    if (this.error) return void add(body, refused(this.error, () => this.ask()));
    if (!this.answer || this.answer.asked.layer !== layer.id) return void add(body, waiting());
    section(body, sectionHead(t("coverage.result"), t("coverage.at", { time: timeOf(this.answer.at) })), this.figures(), this.answer.then && this.trial(), this.basis());
    this.villages(body, limit);
    this.resources(body, layer);
    acts(button(t("coverage.add"), () => this.place(t("coverage.pickAdd", { layer: say(layer.label) }), (lon, lat) => { this.added = [...this.added, { name: t("coverage.new", { n: this.added.length + 1 }), lon, lat }]; this.again(); }), { wide: true, icon: "plus" }), button(t("plan.save"), () => this.save(), { icon: "download" }));
  }

  controls() {
    const pressed = (/** @type {string} */ words, /** @type {boolean} */ on, /** @type {() => void} */ act) => el("button", { class: `chip${on ? " solid" : ""}`, type: "button", "aria-pressed": String(on), text: words, on: { click: act } });
    const layers = el("div", { class: "choices roomy", role: "group", "aria-label": t("coverage.of") }, this.layers.map((one) => pressed(say(one.label), one.id === this.layer, () => this.set({ layer: one.id }))));
    const limits = this.going.byRoad ? MINUTES.map((n) => pressed(t("driving.minutes", { n }), n === this.minutes, () => this.set({ minutes: n }))) : METRES.map((n) => pressed(distanceText(n), n === this.metres, () => this.set({ metres: n })));
    return el("section", { class: "section" }, el("div", { class: "field" }, el("span", { class: "meta", text: t("coverage.of") }), layers), this.going.controls(), el("div", { class: "field" }, el("span", { class: "meta", text: t("coverage.limit") }), el("div", { class: "choices roomy", role: "group", "aria-label": t("coverage.limit") }, limits)));
  }

  figures() {
    const { uncovered, covered } = this.answer.then || this.answer.now;
    const figure = (/** @type {any} */ counts, /** @type {string} */ words, bad = false) => el("div", { class: `figure${bad ? " bad" : ""}` }, el("b", { text: number(counts.places) }), el("span", { class: "unit", text: t("unit.places") }), el("div", { class: "meta" }, bad && icon("warn"), el("span", { text: `${words} · ${peopleOf(counts)}` })));
    return el("div", { class: "figures" }, figure(uncovered, t("coverage.uncovered"), uncovered.places > 0), figure(covered, t("coverage.covered")));
  }

  trial() {
    const { lost, gained, asked: { closed, moved, added } } = this.answer;
    const said = [lost.places && t("coverage.lost", { n: lost.places, people: peopleOf(lost) }), gained.places && t("coverage.gained", { n: gained.places, people: peopleOf(gained) })].filter(Boolean).join(" · ");
    const what = [closed.length && t("coverage.closedN", { n: closed.length }), moved.length && t("coverage.movedN", { n: moved.length }), added.length && t("coverage.addedN", { n: added.length })].filter(Boolean).join(t("list.comma"));
    return el("div", { class: "note part trial", role: "status" }, el("b", { text: t("coverage.trial", { what }) }), said || t("coverage.same"), el("div", { class: "acts" }, button(t("plan.endTrial"), () => { this.endTrial(); this.again(); }, { small: true, primary: true })));
  }

  basis() {
    const { population } = this.answer;
    const lines = population.portions.slice(0, 2).map((/** @type {any} */ one) => el("p", { text: [say(state.layers.get(population.layer)?.label), t("coverage.counted", { n: number(one.people) }), one.basis || t("zone.noSource"), one.as_of && String(one.as_of).slice(0, 10)].filter(Boolean).join(" · ") }));
    return el("div", { class: "basis", "aria-label": t("zone.basis") }, lines, population.unknown ? el("p", { text: t("shelter.unknownPlaces", { n: population.unknown }) }) : null, el("p", { text: [t(this.going.byRoad ? "coverage.roadNote" : "coverage.straightNote"), this.going.note()].filter(Boolean).join(" ") }));
  }

  /** Those not reached, the changed first, then the farthest. @param {Element} body @param {string} limit */
  villages(body, limit) {
    const out = this.answer.features.filter((/** @type {any} */ one) => !standing(one).covered);
    const cost = (/** @type {any} */ one) => standing(one).duration_s ?? standing(one).length_m ?? Infinity;
    out.sort((/** @type {any} */ one, /** @type {any} */ other) => Number(other.properties.covered) - Number(one.properties.covered) || cost(other) - cost(one));
    add(body, el("div", { class: "rank-head" }, el("b", { text: t("coverage.over", { limit }) }), el("span", { class: "push", text: t("coverage.villages", { n: out.length }) })));
    if (!out.length) add(body, el("div", { class: "none-row", text: t("coverage.allReached") }));
    for (const one of this.some(out, "beyond")) this.village(body, one);
    this.rest(body, out, "beyond");
    const gained = this.answer.features.filter((/** @type {any} */ one) => one.properties.then?.covered && !one.properties.covered);
    if (gained.length) add(body, el("div", { class: "rank-head" }, el("b", { text: t("coverage.newly") }), el("span", { class: "push", text: t("coverage.villages", { n: gained.length }) })));
    for (const one of this.some(gained, "gained")) this.village(body, one);
  }

  /** @param {Element} body @param {any} one */
  village(body, one) {
    const { properties } = one;
    const layer = state.layers.get(properties.layer);
    const now = standing(one);
    const lost = properties.then && properties.covered && !properties.then.covered;
    const [far, unit] = wayOf(now);
    add(body, el("button", { class: "row", type: "button", data: { feature: one.id }, on: { click: () => this.look(properties.layer, one.id) } }, el("span", { class: "sy plain" }, layer && image(symbolOf(layer, {}))),
      el("span", { class: "what" }, el("b", { text: properties.name }), el("span", { class: "meta", text: [properties.people == null ? t("shelter.peopleUnknown") : t("coverage.people", { n: number(properties.people) }), now.resource_name && t("coverage.nearest", { name: now.resource_name })].filter(Boolean).join(" · ") })),
      el("span", { class: "how" }, el("span", { class: "far" }, el("b", { text: far }), el("span", { class: "unit", text: unit })), lost ? el("span", { class: "chip bad", text: t("coverage.newlyLost") }) : null)));
  }

  /** @param {Element} body @param {import("../types").Layer} layer */
  resources(body, layer) {
    const made = this.answer.then || this.answer.now;
    const all = [...made.resources].sort((one, other) => Number(one.against.length > 0) - Number(other.against.length > 0) || other.serves.places - one.serves.places);
    add(body, el("div", { class: "rank-head" }, el("b", { text: say(layer.label) }), el("span", { class: "push", text: t("coverage.tryEach") })));
    for (const one of this.some(all, "resources")) this.resource(body, layer, one);
    this.rest(body, all, "resources");
  }

  /** @param {Element} body @param {import("../types").Layer} layer @param {any} one */
  resource(body, layer, one) {
    const closed = one.id && this.closed.has(one.id);
    const reasons = one.against.map((/** @type {any} */ each) => say(each.label)).join(t("list.comma"));
    const doubts = one.doubts.map((/** @type {any} */ each) => say(each.label)).join(t("list.comma"));
    const trial = one.trial === "moved" ? t("coverage.isMoved") : one.trial === "added" ? t("coverage.isAdded") : "";
    const meta = reasons || [t("coverage.serves", { n: one.serves.places, people: peopleOf(one.serves) }), doubts, trial].filter(Boolean).join(" · ");
    const drop = () => { this.added = this.added.filter((each) => each.name !== one.name || each.lon !== one.lon); this.again(); };
    const turn = () => { if (!this.closed.delete(one.id)) this.closed.add(one.id); this.again(); };
    const move = () => this.place(t("coverage.pickMove", { name: one.name }), (lon, lat) => { this.moved.set(one.id, { lon, lat }); this.again(); });
    const acts = one.trial === "added" ? [button(t("coverage.drop"), drop, { small: true })] : [one.against.length && !closed ? null : iconButton("pin", t("coverage.move", { name: one.name }), move), one.against.length && !closed ? null : button(t(closed ? "coverage.reopen" : "coverage.close"), turn, { small: true })];
    add(body, el("div", { class: "row act-row", data: { resource: one.id || one.name } }, el("span", { class: "sy plain" }, image(symbolOf(layer, {}))),
      el("span", { class: "what" }, el("button", { class: "link name cut", type: "button", text: one.name, on: { click: () => one.id && this.look(layer.id, one.id) } }), el("span", { class: "meta", text: meta, title: meta })), el("span", { class: "how acts-inline" }, acts)));
  }

  /** @param {string} words @param {(lon: number, lat: number) => void} done */
  place(words, done) {
    this.act.pick(words, done);
  }

  /** @param {any[]} all @param {string} of */
  some(all, of) {
    return this.all.has(of) ? all : all.slice(0, LISTED);
  }

  /** @param {Element} body @param {any[]} all @param {string} of */
  rest(body, all, of) {
    if (all.length <= LISTED) return;
    const open = this.all.has(of);
    add(body, el("div", { class: "none-row" }, el("button", { class: "link", type: "button", text: open ? t("plan.fewer") : t("plan.rest", { n: all.length - LISTED }), on: { click: () => { if (!this.all.delete(of)) this.all.add(of); this.render(); } } })));
  }
}

/** How a village stands now, or in the trial. @param {any} one */
const standing = (one) => one.properties.then || one.properties;

/** @param {any} counts */
const peopleOf = (counts) => (counts.people == null ? t("coverage.peopleUnknown", { n: counts.unknown }) : t("coverage.people", { n: number(counts.people) }) + (counts.unknown ? t("zone.someUnknown", { n: counts.unknown }) : ""));

/** @param {any} reach @returns {[string, string]} */
function wayOf(reach) {
  if (reach.length_m == null) return [t("coverage.noWay"), ""];
  if (reach.duration_s == null) return /** @type {[string, string]} */ (distanceText(reach.length_m).split(" "));
  return [number(Math.ceil(reach.duration_s / 60)), t("unit.minutes")];
}
