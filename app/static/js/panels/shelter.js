// The shelter plan of the zone: what is short first, how each shelter fills, who goes where, who is left out and why, what is needed.
import { ask } from "../api.js";
import { config } from "../config.js";
import { add, button, el, icon, image } from "../dom.js";
import { distanceText, number, timeOf } from "../format.js";
import { Overlay } from "../map/overlay.js";
import { empty, section, sectionHead, waiting } from "../panel.js";
import { hazards, playing } from "../parts.js";
import { fetchFile } from "../saving.js";
import { nameOf, state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { Going } from "./going.js";
import { leftOutRow, symbolOf } from "./rows.js";

const KEPT = "onemap-shelter";
const TAGGED = 24; // ways with their number on the map; of more, the largest groups have it
const LISTED = 8;

export class Sheltering {
  /** @param {import("./question.js").Question} question */
  constructor(question) {
    this.question = question;
    this.overlay = new Overlay(question.view.map);
    this.answer = /** @type {any} */ (null);
    this.error = /** @type {any} */ (null);
    this.turn = 0;
    this.brought = false;
    /** The shelter that the plan is tried without. @type {string | null} */
    this.without = null;
    /** Shelters that the plan is tried with. @type {{name: string, lon: number, lat: number, room: number}[]} */
    this.added = [];
    this.room = 500; // people that one more would take in, until somebody says otherwise
    this.hazard = localStorage.getItem(KEPT) || "";
    this.going = new Going(`${KEPT}-going`, "straight", () => this.anew());
    this.all = new Set();
  }

  body() {
    const zone = /** @type {import("../state.js").Zone} */ (state.zone);
    return { ...this.question.exposureBodyOf(zone), hazard: this.hazard, ...this.going.body(), ...this.barriers(), ...(this.without ? { without: [this.without] } : {}), ...(this.added.length ? { added: this.added } : {}) };
  }

  /** What was drawn to bar the ways of the ranking bars those of the plan. */
  barriers() {
    const drawn = this.going.byRoad ? this.question.driving.barriers : [];
    return drawn.length ? { barriers: drawn } : {};
  }

  /** Another question: figures of the old one must not stand under it. */
  anew() {
    this.answer = this.without = null;
    this.added = [];
    this.brought = false;
    if (this.question.tab !== "shelter") return;
    this.ask();
    this.question.render();
  }

  /** @param {string | null} without the shelter to try the plan without @param {{name: string, lon: number, lat: number, room: number}[]} [added] those to try it with */
  attempt(without, added = []) {
    Object.assign(this, { without, added });
    this.ask();
    this.question.render();
  }

  async ask() {
    if (!state.zone) return;
    const known = hazards();
    if (!known.some((one) => one.value === this.hazard)) this.hazard = String(known[0]?.value || "");
    const turn = ++this.turn;
    this.error = null;
    try {
      await this.going.ready();
      const answer = await ask("shelter-plan", { body: this.body() });
      if (turn !== this.turn) return;
      this.answer = { ...answer, at: new Date() };
      state.zoneShape = answer.zone;
      this.bringIn(answer.plan);
    } catch (error) {
      if (turn !== this.turn) return;
      this.answer = null;
      this.error = error;
    }
    this.question.mark();
    this.question.late();
  }

  /** The map goes back until all shelters that are used can be seen, once for a zone. @param {any} plan */
  bringIn(plan) {
    const used = plan.fills.filter((/** @type {any} */ one) => one.placed);
    if (this.brought || this.question.tab !== "shelter" || !used.length) return;
    this.brought = true;
    const bounds = boundsOf(plan);
    if (!this.question.view.map.getBounds().contains(bounds)) this.question.view.fit([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
  }

  /** The zone is another: the plan no longer holds. */
  forget() {
    this.turn++;
    this.answer = this.error = this.without = null;
    this.added = [];
    this.brought = false;
    this.overlay.clear();
  }

  /** @param {Set<string>} layers that changed */
  refresh(layers) {
    if (this.answer?.versions.some((/** @type {any} */ one) => layers.has(one.layer)) || (this.answer && this.going.concerns(layers))) this.ask();
  }

  get shown() {
    return this.question.tab === "shelter" && this.answer ? this.answer.trial || this.answer.plan : null;
  }

  /** The plan on the map: villages and shelters that it touches, ways as wide as their people. */
  mark() {
    this.overlay.clear();
    const plan = this.shown;
    if (!plan) return;
    const touch = (/** @type {any} */ one, /** @type {any} */ more) => {
      const layer = one.layer && state.layers.get(one.layer);
      if (layer) state.marks.set(nameOf(one.layer, one.id), { ...more, feature: featureOf(layer, one) });
    };
    for (const one of plan.groups) touch(one.place, { inside: true });
    for (const one of plan.fills) if (one.placed) touch(one, { inside: true });
    const near = boundsOf(plan);
    for (const one of plan.fills) if (!one.id) { this.overlay.ring([one.lon, one.lat], "z-tried", 9); this.overlay.tag([one.lon, one.lat], t("coverage.tagAdded", { name: one.name }), "trial-tag"); }
    for (const one of plan.unused) if (near.isValid() && near.pad(0.02).contains([one.lat, one.lon])) touch(one, { out: true });
    const most = Math.max(1, ...plan.ways.map((/** @type {any} */ way) => way.people));
    const tagged = new Set([...plan.ways].sort((a, b) => b.people - a.people).slice(0, TAGGED));
    for (const way of [...plan.ways].sort((a, b) => b.people - a.people)) {
      const [from, to] = [plan.groups[way.group].place, plan.fills[way.fill]];
      this.overlay.way([[from.lon, from.lat], [to.lon, to.lat]], tagged.has(way) ? number(way.people) : "", 1 + 2.5 * Math.sqrt(way.people / most));
    }
    this.overlay.declutter();
  }

  async save() {
    try {
      const { name } = await fetchFile(`${config.api}/shelter-plan/export`, this.body(), "shelter_plan.csv");
      toast(t("plan.saved", { name }));
    } catch (error) {
      toast(/** @type {any} */ (error).message || t("error.offline"), { icon: "warn" });
    }
  }

  /** @param {Element} body */
  render(body) {
    add(body, this.controls());
    if (this.error) return this.question.refusal(body, this.error, () => this.ask());
    if (!this.answer) return add(body, waiting());
    const { plan, trial } = this.answer;
    section(body, sectionHead(t("shelter.title"), t(this.answer.mode === "road" ? "shelter.atRoad" : "shelter.at", { time: timeOf(this.answer.at) })), this.figures(plan), trial && this.difference(), this.basis());
    if (!plan.groups.length) return add(body, empty(t("shelter.nobody"), t("shelter.nobodyAdvice")));
    this.fills(body, trial || plan, plan);
    this.groups(body, trial || plan);
    this.unused(body, trial || plan);
    this.needs(body, trial || plan);
    return body;
  }

  controls() {
    const choice = el("select", { id: "hazard", on: { change: () => { this.hazard = choice.value; localStorage.setItem(KEPT, this.hazard); this.anew(); } } }, hazards().map((one) => el("option", { value: one.value, text: say(one.label), selected: one.value === this.hazard })));
    choice.value = this.hazard;
    return el("section", { class: "section" }, el("div", { class: "field" }, el("label", { for: "hazard", text: t("shelter.hazard") }), el("div", { class: "input" }, choice)), this.going.controls());
  }

  /** Shortfall first. @param {any} plan */
  figures(plan) {
    const figure = (/** @type {number} */ value, /** @type {string} */ words, bad = false) => el("div", { class: `figure${bad ? " bad" : ""}` }, el("b", { text: number(value) }), el("span", { class: "unit", text: t("unit.people") }), el("div", { class: "meta" }, bad && icon("warn"), el("span", { text: words })));
    return el("div", { class: "figures" }, figure(plan.short, t(plan.short ? "shelter.short" : "shelter.noneShort"), plan.short > 0), figure(plan.need, t("shelter.need")), figure(plan.placed, t("shelter.placed")),
      plan.unknown ? el("div", { class: "figure" }, el("b", { class: "unknown", text: t("unknown") }), el("div", { class: "meta" }, el("span", { text: t("shelter.unknownPlaces", { n: plan.unknown }) }))) : null);
  }

  /** What the trial changes, in one note with the way back. */
  difference() {
    const { plan, trial, difference } = this.answer;
    const { without: [gone], added } = this.answer.asked;
    const name = plan.fills.find((/** @type {any} */ one) => one.id === gone)?.name || "";
    const what = [gone && t("shelter.without", { name }), added.length && t("shelter.with", { n: added.length, room: number(added.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.room, 0)) })].filter(Boolean).join(t("list.comma"));
    const short = difference.short ? t("shelter.trialShort", { before: number(plan.short), after: number(trial.short) }) : t("shelter.sameShort", { n: number(plan.short) });
    const more = difference.short > 0 ? ` · ${t("shelter.more", { n: number(difference.short) })}` : "";
    const way = difference.mean_way_m == null ? "" : t(difference.mean_way_m >= 0 ? "shelter.wayLonger" : "shelter.wayShorter", { way: distanceText(Math.abs(difference.mean_way_m)) });
    return el("div", { class: "note part trial", role: "status" }, el("b", { text: t("shelter.trial", { what }) }), short, more, way && ` · ${way}`,
      el("div", { class: "acts" }, button(t("plan.endTrial"), () => this.attempt(null), { small: true, primary: true })));
  }

  basis() {
    const { population, share, plan } = this.answer;
    const layer = state.layers.get(population.layer);
    const counted = population.portions.slice(0, 2).map((/** @type {any} */ one) => el("p", {}, el("b", { text: t("shelter.inside", { n: number(one.people) }) }), ` ${[say(layer?.label), one.basis || t("zone.noSource"), one.as_of && String(one.as_of).slice(0, 10)].filter(Boolean).join(" · ")}`));
    const shared = population.shared ? el("p", { text: t("shelter.byArea", { n: population.shared }) }) : null;
    const others = (population.others || []).map((/** @type {any} */ one) => el("p", { text: t("shelter.other", { layer: say(state.layers.get(one.layer)?.label), n: one.total == null ? t("unknown") : number(one.total) }) }));
    const said = [share.basis || share.source || t("shelter.given"), share.others.length ? t("shelter.otherShares", { percents: share.others.map(number).join(t("list.comma")) }) : ""].filter(Boolean).join(" · ");
    const ways = plan.mean_way_m == null ? null : el("p", { text: t("shelter.ways", { mean: distanceText(plan.mean_way_m), longest: distanceText(plan.longest_way_m), split: plan.split }) });
    const speeds = this.going.note();
    return el("div", { class: "basis", "aria-label": t("zone.basis") }, counted, shared, others, el("p", {}, el("b", { text: t("shelter.share", { percent: number(share.percent) }) }), ` ${said} `, this.tableLink(share.layer)), ways, speeds && el("p", { text: speeds }));
  }

  /** The table where figures are kept, to look or to change. @param {string | null} layer */
  tableLink(layer) {
    return layer && el("button", { class: "link", type: "button", text: t("plan.openTable"), on: { click: () => this.question.act.table(layer) } });
  }

  /** @param {Element} body @param {any} plan what is shown @param {any} before the plan without a trial */
  fills(body, plan, before) {
    const used = plan.fills.filter((/** @type {any} */ one) => one.placed);
    add(body, el("div", { class: "rank-head" }, el("b", { text: t("shelter.to", { n: used.length }) }), el("span", { class: "push", text: t("shelter.room", { n: number(plan.room) }) })));
    for (const one of this.some(used, "fills")) add(body, this.fillRow(one, before));
    this.rest(body, used, "fills");
    const spare = plan.fills.filter((/** @type {any} */ one) => !one.placed);
    const room = el("input", { id: "more-room", type: "number", min: "1", step: "50", inputmode: "numeric", value: String(this.room), on: { keydown: (/** @type {Event} */ event) => event.stopPropagation(), change: () => { if (Number(room.value) >= 1) this.room = Math.round(Number(room.value)); } } });
    const more = () => this.question.act.pick(t("shelter.pick", { n: number(this.room) }), (lon, lat) => this.attempt(this.without, [...this.added, { name: t("coverage.new", { n: this.added.length + 1 }), lon, lat, room: this.room }]));
    section(body, el("div", { class: "field more" }, el("label", { for: "more-room", text: t("shelter.one") }), el("div", { class: "input" }, room, el("span", { class: "of", text: t("unit.people") }), button(t("shelter.place"), more, { small: true, icon: "pin" }))));
    if (spare.length) add(body, el("div", { class: "none-row", text: t("shelter.spare", { n: spare.length, room: number(spare.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.left, 0)) }) }));
  }

  /** @param {any} one @param {any} before */
  fillRow(one, before) {
    const layer = one.layer && state.layers.get(one.layer);
    const was = before.fills.find((/** @type {any} */ each) => each.id === one.id && each.name === one.name)?.placed ?? 0;
    const change = this.answer.trial && one.placed !== was ? ` (${one.placed > was ? "+" : "−"}${number(Math.abs(one.placed - was))})` : "";
    const meta = [t("shelter.left", { n: number(one.left) }), one.to_open && t("shelter.toOpen"), ...one.doubts.map((/** @type {any} */ each) => say(each.label))].filter(Boolean).join(" · ");
    return el("div", { class: "row fill-row" },
      el("span", { class: "sy plain" }, layer && image(symbolOf(layer, {}))),
      el("span", { class: "what" }, el("button", { class: "link name cut", type: "button", text: one.name, on: { click: () => layer && this.question.act.card(one.layer, one.id) } }), bar(one), el("span", { class: "meta", text: meta })),
      el("span", { class: "how" }, el("span", { class: "far" }, el("b", { text: number(one.placed) }), el("span", { class: "unit", text: `${t("unit.people")}${change}` })), button(t("shelter.try"), () => (one.id ? this.attempt(one.id, this.added) : this.attempt(this.without, this.added.filter((each) => each.name !== one.name))), { small: true })));
  }

  /** @param {Element} body @param {any} plan */
  groups(body, plan) {
    add(body, el("div", { class: "rank-head" }, el("b", { text: t("shelter.from", { n: plan.groups.length }) }), el("span", { class: "push", text: plan.split ? t("shelter.split", { n: plan.split }) : t("shelter.whole") })));
    for (const one of this.some(plan.groups, "groups")) {
      const layer = state.layers.get(one.place.layer);
      const at = plan.groups.indexOf(one);
      const to = plan.ways.filter((/** @type {any} */ way) => way.group === at).map((/** @type {any} */ way) => t("shelter.goes", { name: plan.fills[way.fill].name, n: number(way.people), way: wayText(way) })).join(t("list.comma"));
      const figure = one.unplaced ? [number(one.unplaced), t("shelter.noPlace")] : one.need == null ? [t("unknown"), ""] : [number(one.need), t("unit.people")];
      add(body, el("button", { class: "row", type: "button", on: { click: () => this.question.act.card(one.place.layer, one.place.id) } }, el("span", { class: "sy plain" }, layer && image(symbolOf(layer, {}))),
        el("span", { class: "what" }, el("b", { text: one.place.name }), el("span", { class: "meta wrap", text: one.need == null ? t("shelter.peopleUnknown") : to || t("shelter.nobodyGoes") })),
        el("span", { class: `how${one.unplaced ? " bad" : ""}` }, el("span", { class: "far" }, el("b", { class: one.need == null ? "unknown" : "", text: figure[0] }), el("span", { class: "unit", text: figure[1] })), one.unplaced ? el("span", { class: "meta", text: t("shelter.ofNeed", { n: number(one.need) }) }) : null)));
    }
    this.rest(body, plan.groups, "groups");
  }

  /** @param {Element} body @param {any} plan */
  unused(body, plan) {
    if (!plan.unused.length) return;
    add(body, el("div", { class: "rank-head" }, el("b", { text: t("shelter.unused", { n: plan.unused.length }) })));
    const all = [...plan.unused].sort((one, other) => Number(Boolean(one.id)) - Number(Boolean(other.id))); // those only tried come first
    for (const one of this.some(all, "unused")) {
      const layer = state.layers.get(one.layer) || playing("refuge")[0];
      if (layer) add(body, leftOutRow(layer, { id: one.id || one.name, name: one.name, distance_m: null, reasons: one.reasons }, () => one.id && this.question.act.card(one.layer, one.id), this.question.opened));
    }
    this.rest(body, plan.unused, "unused");
  }

  /** @param {Element} body @param {any} plan */
  needs(body, plan) {
    if (!plan.needs.length) return;
    const table = el("table", { class: "table" }, el("thead", {}, el("tr", {}, el("th", { text: t("shelter.needs", { n: number(plan.placed) }), width: "52%" }), el("th", { class: "num", text: t("shelter.quantity") }), el("th", { class: "num", text: t("shelter.standard") }))));
    const rows = plan.needs.map((/** @type {any} */ one) => el("tr", { title: [one.basis, one.source].filter(Boolean).join(" · ") }, el("td", { text: one.article }),
      el("td", { class: "num" }, one.quantity == null ? el("span", { class: "unknown", text: t("unknown") }) : number(one.quantity), one.quantity == null ? null : el("span", { class: "unit", text: `${one.unit || ""}${one.daily ? t("shelter.aDay") : ""}` })),
      el("td", { class: "num meta-3", text: one.amount == null ? t("unknown") : t("shelter.per", { amount: number(one.amount), unit: one.unit || "", n: number(one.persons) }) })));
    add(body, add(table, el("tbody", {}, rows)), el("div", { class: "none-row" }, plan.needs[0].basis || plan.needs[0].source || "", " ", this.tableLink(plan.needs[0].layer)));
  }

  /** @param {any[]} all @param {string} of */
  some(all, of) {
    return this.all.has(of) ? all : all.slice(0, LISTED);
  }

  /** @param {Element} body @param {any[]} all @param {string} of */
  rest(body, all, of) {
    if (all.length <= LISTED) return;
    const open = this.all.has(of);
    add(body, el("div", { class: "none-row" }, el("button", { class: "link", type: "button", text: open ? t("plan.fewer") : t("plan.rest", { n: all.length - LISTED }), on: { click: () => { if (!this.all.delete(of)) this.all.add(of); this.question.render(); } } })));
  }
}

/** Where villages and used shelters lie. @param {any} plan */
const boundsOf = (plan) => L.latLngBounds([...plan.fills.filter((/** @type {any} */ one) => one.placed), ...plan.groups.map((/** @type {any} */ one) => one.place)].map((one) => [one.lat, one.lon]));

/** People in now, those sent, and the room left, as parts of the capacity. @param {any} one */
function bar(one) {
  const whole = Math.max(1, (one.occupied || 0) + one.room);
  const made = el("span", { class: "fill-bar", role: "img", "aria-label": t("shelter.bar", { occupied: number(one.occupied || 0), placed: number(one.placed), left: number(one.left) }) }, el("i", { class: "in" }), el("i", { class: "sent" }));
  made.children[0].style.width = `${(100 * (one.occupied || 0)) / whole}%`;
  made.children[1].style.width = `${(100 * one.placed) / whole}%`;
  return made;
}

/** @param {any} way */
const wayText = (way) => (way.duration_s == null ? distanceText(way.length_m) : t("driving.minutes", { n: Math.max(1, Math.round(way.duration_s / 60)) }));

/** Enough of a feature to draw it. @param {import("../types").Layer} layer @param {any} one */
export const featureOf = (layer, one) => ({ type: /** @type {const} */ ("Feature"), id: one.id, geometry: { type: "Point", coordinates: [one.lon, one.lat] }, properties: { layer: layer.id, ...(layer.title ? { [layer.title]: one.name } : {}) } });
