// The wall's two columns: the open layers with their counts and ages; what is out of date and by how much; what nobody knows.
import { config } from "../config.js";
import { add, el, fill, image } from "../dom.js";
import { ago, number, timeOf } from "../format.js";
import { now } from "../moment.js";
import { symbolOf } from "../panels/rows.js";
import { on, state } from "../state.js";
import { BANDS } from "../terms.js";
import { say, t } from "../words.js";

/** @typedef {import("../types").Layer} Layer */

/** The shape of an age for each band. @type {Record<string, "fresh" | "ageing" | "overdue" | "never">} */
const SHAPES = { hours_6: "fresh", day_1: "fresh", days_7: "fresh", days_30: "ageing", older: "overdue", unknown: "never" };

/** Returns what fits the rows anew into the room there is. @param {Element} columns */
export function board(columns) {
  const cards = { fresh: card("wall.freshness"), open: card("wall.open", "grow"), stale: card("wall.stale", "grow"), unknown: card("wall.unknown") };
  add(columns, el("div", { class: "column" }, cards.fresh.element, cards.open.element), el("div", { class: "column" }, cards.stale.element, cards.unknown.element));
  let drawn = "";
  const draw = () => {
    const facts = [...state.layers.values()].filter((layer) => !layer.style.paint && (config.space.drill || !layer.drill_only));
    const open = facts.filter((layer) => state.shown.has(layer.id) && layer.geometry !== "none");
    const wanted = JSON.stringify([facts.map((one) => [one.id, one.count, one.freshness]), open.map((one) => one.id), timeOf(new Date(now())), innerWidth, innerHeight]);
    if (wanted === drawn) return;
    drawn = wanted;
    freshness(cards.fresh, facts);
    opened(cards.open, open, facts.length);
    unknown(cards.unknown, facts);
    stale(cards.stale, facts);
  };
  for (const topic of /** @type {const} */ (["layers", "shown"])) on(topic, draw);
  addEventListener("resize", draw);
  return () => { drawn = ""; draw(); };
}

/** @param {keyof typeof import("../words/zh.js").zh} title @param {string} [kind] */
function card(title, kind = "") {
  const aside = el("span");
  const body = el("div", { class: "card-body" });
  return { element: el("section", { class: `wall-card ${kind}` }, el("h2", {}, t(title), aside), body), body, aside };
}

/** @typedef {ReturnType<typeof card>} Card */

/** How many of all layers are of each band. @param {Layer[]} layers @param {string} band */
const total = (layers, band) => layers.reduce((sum, one) => sum + (one.freshness.bands.counts[band] || 0), 0);

/** @param {Card} place @param {Layer[]} facts */
function freshness(place, facts) {
  const counts = BANDS.map(([band]) => ({ band, n: total(facts, band) }));
  const all = counts.reduce((sum, one) => sum + one.n, 0);
  const late = total(facts, "older") + total(facts, "unknown");
  place.aside.textContent = t("band.at", { time: timeOf(new Date(now())) });
  fill(place.body, el("div", { class: "big" }, number(late), el("small", { text: t("wall.late") })), el("p", { class: "basis", text: t("wall.basis", { n: number(all), layers: facts.length }) }),
    el("dl", { class: "band-list" }, counts.map(({ band, n }) => el("div", {}, el("dt", { class: `age ${SHAPES[band]}`, text: t(/** @type {any} */ (`band.${band}`)) }), el("dd", { text: number(n) })))));
}

/** @param {Card} place @param {Layer[]} open @param {number} all */
function opened(place, open, all) {
  place.aside.textContent = t("wall.openOf", { n: open.length, all });
  const rows = open.sort((a, b) => b.style.order - a.style.order).map((layer) => row(layer, ages(layer), number(layer.count)));
  fitted(place.body, rows, open.length ? "" : t("wall.noneOpen"));
}

/** A layer's ages by shape, none left out that there is. @param {Layer} layer */
function ages(layer) {
  const sums = new Map();
  for (const [band] of BANDS) if (layer.freshness.bands.counts[band]) sums.set(SHAPES[band], (sums.get(SHAPES[band]) || 0) + layer.freshness.bands.counts[band]);
  if (!layer.count) return [el("span", { class: "unknown", text: t("wall.empty") })];
  return [...sums].map(([shape, n]) => el("span", { class: `age ${shape}`, title: t(/** @type {any} */ (`ages.${shape}`)), text: number(n) }));
}

/** Layers with records past a month, the oldest first. @param {Card} place @param {Layer[]} facts */
function stale(place, facts) {
  const late = facts.filter((layer) => layer.freshness.bands.counts.older).sort((a, b) => Date.parse(a.freshness.verified_oldest || "") - Date.parse(b.freshness.verified_oldest || ""));
  place.aside.textContent = t("wall.layers", { n: late.length });
  const rows = late.map((layer) => row(layer, [el("span", { class: "age overdue", text: t("wall.longest", { age: ago(layer.freshness.verified_oldest) }) })], `${number(layer.freshness.bands.counts.older)} / ${number(layer.count)}`));
  fitted(place.body, rows, late.length ? "" : t("wall.noneStale"));
}

/** What nobody has looked at, and what says not where it is from. @param {Card} place @param {Layer[]} facts */
function unknown(place, facts) {
  const never = facts.filter((layer) => layer.freshness.bands.counts.unknown);
  const nowhere = facts.filter((layer) => layer.count && !layer.freshness.sources.length);
  const empty = facts.filter((layer) => !layer.count);
  const line = (/** @type {string} */ words, /** @type {Layer[]} */ those) => (those.length ? el("div", { class: "unknown-of" }, el("span", { text: words }), el("span", { class: "names cut", text: those.map((one) => say(one.label)).join(t("list.comma")) })) : null);
  place.aside.textContent = "";
  const lines = [line(t("wall.neverOf", { n: number(total(never, "unknown")) }), never), line(t("wall.noSource"), nowhere), line(t("wall.noData"), empty)].filter(Boolean);
  fill(place.body, lines.length ? lines : el("p", { class: "basis", text: t("wall.allKnown") }));
}

/** @param {Layer} layer @param {any[]} below @param {string} figure */
const row = (layer, below, figure) => el("div", { class: "wall-row", data: { layer: layer.id } }, image(symbolOf(layer, {})), el("span", { class: "what" }, el("span", { class: "cut", text: say(layer.label) }), el("span", { class: "ages" }, below)), el("b", { text: figure }));

/** As many rows as there is room for; the last line says how many are not shown. @param {Element} place @param {Element[]} rows @param {string} none */
function fitted(place, rows, none) {
  fill(place, none ? el("p", { class: "basis", text: none }) : rows);
  let left = 0;
  while (place.scrollHeight > place.clientHeight + 1 && place.querySelector(".wall-row")) {
    place.querySelector(".more")?.remove();
    place.lastElementChild?.remove();
    left += 1;
    add(place, el("p", { class: "more", text: t("wall.more", { n: left }) }));
  }
}
