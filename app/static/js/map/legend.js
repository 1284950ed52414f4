// The legend of what is visible: zones and the areas of shown layers, nothing that is not on the map.
import { add, el, fill } from "../dom.js";
import { distanceText, number } from "../format.js";
import { lookOf } from "../looks.js";
import { on, state } from "../state.js";
import { say, t } from "../words.js";
import { classing } from "./classes.js";
import { shownSources } from "./holdings.js";
import { familyPaint, token } from "./paints.js";
import { viewOf } from "./symbols.js";

/** @param {Element} main @param {import("./view.js").MapView} view */
export function legend(main, view) {
  const list = el("ul");
  const card = el("section", { class: "float card legend", "aria-label": t("legend.title") }, list);
  add(main, card);
  let drawn = "";
  const draw = () => {
    /** @type {[Entry, string, (number | string)?][]} */
    const rows = [];
    const zone = state.zone;
    if (zone) rows.push([{ fill: token("z-fill"), alpha: 0.15, line: token("z-line"), width: 2 }, zone.kind === "circle" ? t("legend.circle", { radius: distanceText(zone.radius_m) }) : t("legend.polygon")]);
    for (const source of shownSources()) {
      const { layer } = source;
      if (layer.style.paint) continue;
      const classed = classing(source);
      const partial = lookOf(layer.id).filter.length ? t("legend.filtered", { n: number(source.matched ?? 0), all: number(layer.count) }) : "";
      if (classed) {
        const counts = new Map();
        let gathered = 0; // by the server, in tiles: their classes are not told
        for (const drawn of source.within(viewOf(view.map))) {
          if (drawn.count) gathered += drawn.count;
          else counts.set(classed.of(drawn), (counts.get(classed.of(drawn)) || 0) + 1);
        }
        if (!counts.size && !partial && !gathered) continue;
        rows.push(["head", t("legend.by", { layer: say(layer.label), field: say(classed.field.label) }), partial]);
        for (const one of classed.classes) if (counts.has(one)) rows.push([one, one.words, number(counts.get(one))]);
        if (gathered) rows.push([{ key: "", words: "", mark: "…", tone: "plain", step: 0 }, t("legend.gathered"), number(gathered)]);
        continue;
      }
      if (partial) rows.push(["head", say(layer.label), partial]);
      if (["point", "none"].includes(layer.geometry)) continue;
      const kinds = new Set([...source.within(viewOf(view.map))].map((one) => one.kind));
      if (kinds.has(3)) rows.push([familyPaint(layer.style.family), say(layer.label)]);
      else if (kinds.has(2)) rows.push([{ ...familyPaint(layer.style.family), fill: undefined }, say(layer.label)]);
      if ("thinned" in source && source.thinned(viewOf(view.map))) rows.push(["thinned", t("legend.thinned", { layer: say(layer.label) })]);
    }
    const wanted = JSON.stringify(rows);
    if (wanted === drawn) return; // as it is already: a canvas for each row costs more than all else here
    drawn = wanted;
    fill(list, rows.map(([how, words, figure]) => entry(how, words, figure)));
    card.hidden = !rows.length;
  };
  for (const topic of /** @type {const} */ (["view", "question", "shown", "looks"])) on(topic, draw);
  draw();
}

/** @typedef {import("./paints.js").Paint | import("./classes.js").Class | "head" | "thinned"} Entry what stands before the words: a paint, the mark of a class, or nothing: a layer's own line, what is left out */

/** @param {Entry} how @param {string} words @param {number | string} [figure] */
function entry(how, words, figure) {
  const picture = typeof how === "string" ? null : "mark" in how ? el("span", { class: "swatch" }, el("span", { class: `mark ${how.tone}`, text: how.mark })) : swatch(how, 22, 14);
  return el("li", { title: words, class: typeof how === "string" ? how : "" }, picture, el("span", { class: how === "thinned" ? "" : "cut", text: words }), figure && el("span", { class: "figure-of", text: figure }));
}

/** A small picture of a paint. @param {import("./paints.js").Paint} how @param {number} width @param {number} height @returns {HTMLCanvasElement} */
export function swatch(how, width, height) {
  const canvas = el("canvas", { width: width * 2, height: height * 2, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  const area = Boolean(how.fill);
  const path = () => {
    context.beginPath();
    if (area) context.rect(1.5, 1.5, width - 3, height - 3);
    else {
      context.moveTo(1, height - 3);
      context.bezierCurveTo(width * 0.4, height - 3, width * 0.5, 3, width - 1, 3);
    }
  };
  if (how.fill) {
    path();
    context.fillStyle = how.fill;
    context.globalAlpha = how.alpha ?? 1;
    context.fill();
    context.globalAlpha = 1;
  }
  for (const [colour, wide, dash] of /** @type {[string | undefined, number, number[] | undefined][]} */ ([[how.casing, area ? 1.25 : how.casingWidth || 0, undefined], [area && how.casing ? undefined : how.line, how.width || 1, how.dash]])) {
    if (!colour) continue;
    path();
    context.strokeStyle = colour;
    context.lineWidth = Math.min(wide, 5);
    context.setLineDash((dash || []).map((one) => Math.min(one, 4)));
    context.stroke();
  }
  return canvas;
}
