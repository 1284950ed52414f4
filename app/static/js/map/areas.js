// Areas and lines of the fact layers, in their family's colours, and which of them lies under the pointer.
import { inHand, isSelected, state, nameOf } from "../state.js";
import { shownSources } from "./holdings.js";
import { familyPaint, token } from "./paints.js";
import { awayFrom, holds } from "./project.js";
import { fillAreas, strokeLines } from "./strokes.js";

/** @typedef {import("../types").Drawn} Drawn @typedef {import("./sheet.js").Frame} Frame */

/** @param {Frame} frame */
export function drawAreas(frame) {
  for (const source of factSources(frame.zoom)) {
    const shapes = [...source.within(frame.view)].filter((one) => one.kind !== 1 && !inHand(source.layer.id, one.id));
    if (!shapes.length) continue;
    const how = familyPaint(source.layer.style.family);
    const areas = shapes.filter((one) => one.kind === 3);
    const lines = shapes.filter((one) => one.kind === 2);
    if (how.fill) fillAreas(frame, areas, how.fill, how.alpha);
    if (how.casing) strokeLines(frame, areas, { colour: how.casing, width: 1.25 });
    if (how.line && !how.casing) strokeLines(frame, areas, { colour: how.line, width: (how.width || 1.5) * (frame.zoom < 11.5 ? 0.65 : 1), dash: how.dash });
    if (how.casing) strokeLines(frame, lines, { colour: how.casing, width: how.casingWidth || 5 });
    if (how.line) strokeLines(frame, lines, { colour: how.line, width: how.width || 2, dash: how.dash });
    const selected = shapes.filter((one) => isSelected(source.layer.id, one.id));
    strokeLines(frame, selected, { colour: token("panel"), width: 5, alpha: 0.85 });
    strokeLines(frame, selected, { colour: token("ink"), width: 2 });
    const chosen = state.chosen && state.chosen.layer === source.layer.id ? shapes.filter((one) => one.id === state.chosen?.id) : [];
    strokeLines(frame, chosen, { colour: token("panel"), width: 8, alpha: 0.85 });
    strokeLines(frame, chosen, { colour: token("ink"), width: 3 });
  }
}

/** @param {number} zoom */
const factSources = (zoom) => shownSources().filter((one) => !one.layer.style.paint && one.layer.geometry !== "point" && zoom >= Math.min(one.layer.style.min_zoom, 11) - 0.01);

/** The smallest feature under a place, or null. @param {import("./sources.js").View} view @param {number} x @param {number} y @param {number} reach world units */
export function hit(view, x, y, reach) {
  let best = null;
  let bestSize = Infinity;
  for (const source of factSources(view.zoom)) {
    for (const drawn of source.within({ west: x - reach, east: x + reach, north: y - reach, south: y + reach, zoom: view.zoom })) {
      if (drawn.kind === 1 || !drawn.id || inHand(source.layer.id, drawn.id)) continue;
      const size = drawn.kind === 2 ? 0 : (drawn.box[2] - drawn.box[0]) * (drawn.box[3] - drawn.box[1]);
      const inside = drawn.kind === 2 ? awayFrom(drawn.parts, x, y) <= reach : holds(drawn.parts, x, y);
      if (inside && size < bestSize) [best, bestSize] = [{ layer: source.layer.id, id: drawn.id, name: nameOf(source.layer.id, drawn.id) }, size];
    }
  }
  return best;
}
