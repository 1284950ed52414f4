// Areas and lines of the fact layers, in their family's colours, and which of them lies under the pointer.
import { lookOf } from "../looks.js";
import { inHand, isSelected, state, nameOf } from "../state.js";
import { classing } from "./classes.js";
import { shownSources } from "./holdings.js";
import { classPaint, familyPaint, token } from "./paints.js";
import { awayFrom, holds } from "./project.js";
import { fillAreas, strokeLines } from "./strokes.js";

/** @typedef {import("../types").Drawn} Drawn @typedef {import("./sheet.js").Frame} Frame */

/** @param {Frame} frame */
export function drawAreas(frame) {
  for (const source of factSources(frame.zoom)) {
    const shapes = [...source.within(frame.view)].filter((one) => one.kind !== 1 && !inHand(source.layer.id, one.id));
    if (!shapes.length) continue;
    const family = familyPaint(source.layer.style.family);
    const { opacity } = lookOf(source.layer.id);
    const classed = classing(source);
    for (const one of classed?.classes || [null]) {
      const those = classed ? shapes.filter((drawn) => classed.of(drawn) === one) : shapes;
      if (those.length) paintShapes(frame, those, one ? classPaint(family, one) : family, opacity);
    }
    const selected = shapes.filter((one) => isSelected(source.layer.id, one.id));
    strokeLines(frame, selected, { colour: token("panel"), width: 5, alpha: 0.85 });
    strokeLines(frame, selected, { colour: token("ink"), width: 2 });
    const chosen = state.chosen && state.chosen.layer === source.layer.id ? shapes.filter((one) => one.id === state.chosen?.id) : [];
    strokeLines(frame, chosen, { colour: token("panel"), width: 8, alpha: 0.85 });
    strokeLines(frame, chosen, { colour: token("ink"), width: 3 });
  }
}

/** @param {Frame} frame @param {Drawn[]} shapes @param {import("./paints.js").Paint} how @param {number} opacity */
function paintShapes(frame, shapes, how, opacity) {
  const areas = shapes.filter((one) => one.kind === 3);
  const lines = shapes.filter((one) => one.kind === 2);
  if (how.fill) fillAreas(frame, areas, how.fill, (how.alpha ?? 1) * opacity);
  if (how.casing) strokeLines(frame, areas, { colour: how.casing, width: 1.25, alpha: opacity });
  if (how.line && !how.casing) strokeLines(frame, areas, { colour: how.line, width: (how.width || 1.5) * (frame.zoom < 11.5 ? 0.65 : 1), dash: how.dash, alpha: opacity });
  if (how.casing) strokeLines(frame, lines, { colour: how.casing, width: how.casingWidth || 5, alpha: opacity });
  if (how.line) strokeLines(frame, lines, { colour: how.line, width: how.width || 2, dash: how.dash, alpha: opacity });
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
