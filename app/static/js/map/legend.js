// The legend of what is visible: zones and the areas of shown layers, nothing that is not on the map.
import { add, el, fill } from "../dom.js";
import { distanceText } from "../format.js";
import { on, state } from "../state.js";
import { say, t } from "../words.js";
import { shownSources } from "./holdings.js";
import { familyPaint, token } from "./paints.js";
import { viewOf } from "./symbols.js";

/** @param {Element} main @param {import("./view.js").MapView} view */
export function legend(main, view) {
  const list = el("ul");
  const card = el("section", { class: "float card legend", "aria-label": t("legend.title") }, list);
  add(main, card);
  const draw = () => {
    const rows = [];
    const zone = state.zone;
    if (zone) rows.push(entry({ fill: token("z-fill"), alpha: 0.15, line: token("z-line"), width: 2 }, zone.kind === "circle" ? t("legend.circle", { radius: distanceText(zone.radius_m) }) : t("legend.polygon")));
    for (const source of shownSources()) {
      const { layer } = source;
      if (layer.style.paint || ["point", "none"].includes(layer.geometry)) continue;
      const kinds = new Set([...source.within(viewOf(view.map))].map((one) => one.kind));
      if (kinds.has(3)) rows.push(entry(familyPaint(layer.style.family), say(layer.label)));
      else if (kinds.has(2)) rows.push(entry({ ...familyPaint(layer.style.family), fill: undefined }, say(layer.label)));
      if ("thinned" in source && source.thinned(viewOf(view.map))) rows.push(el("li", { class: "thinned", text: t("legend.thinned", { layer: say(layer.label) }) }));
    }
    fill(list, rows);
    card.hidden = !rows.length;
  };
  for (const topic of /** @type {const} */ (["view", "question", "shown", "data"])) on(topic, draw);
  draw();
}

/** @param {import("./paints.js").Paint} how @param {string} words */
const entry = (how, words) => el("li", {}, swatch(how, 22, 14), words);

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
