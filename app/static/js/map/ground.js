// The basemap of our own: land, water, streets with casing, the mask outside the district and its boundary.
import { config } from "../config.js";
import { lookOf } from "../looks.js";
import { shownSources } from "./holdings.js";
import { groundPaint, token, widen } from "./paints.js";
import { fillAreas, strokeLines } from "./strokes.js";

/** @typedef {import("../types").Drawn} Drawn @typedef {import("./sheet.js").Frame} Frame */

/** @param {Frame} frame */
export function drawGround(frame) {
  const wide = widen(frame.zoom);
  const sources = shownSources().filter((one) => one.layer.style.paint && one.layer.style.paint !== BOUNDARY);
  const drawn = sources.map((source) => ({ paint: /** @type {string} */ (source.layer.style.paint), shapes: [...source.within(frame.view)], opacity: lookOf(source.layer.id).opacity }));
  for (const { paint, shapes, opacity } of drawn) paintAreas(frame, paint, shapes, opacity);
  for (const { paint, shapes, opacity } of drawn) paintLines(frame, paint, shapes, wide, opacity);
}

/** Shapes by their paint, lowest first. @param {string} paint @param {Drawn[]} shapes @param {number} zoom */
function bands(paint, shapes, zoom) {
  /** @type {Map<string, Drawn[]>} */
  const by = new Map();
  for (const one of shapes) by.set(one.shade, [...(by.get(one.shade) || []), one]);
  return [...by].map(([shade, those]) => ({ how: groundPaint(paint, shade), those })).filter(({ how }) => zoom >= (how.from || 0)).sort((a, b) => (a.how.rank || 0) - (b.how.rank || 0));
}

/** @param {Frame} frame @param {string} paint @param {Drawn[]} shapes @param {number} opacity */
function paintAreas(frame, paint, shapes, opacity) {
  for (const { how, those } of bands(paint, shapes.filter((one) => one.kind === 3), frame.zoom)) {
    if (how.fill) fillAreas(frame, those, how.fill, opacity);
    if (how.line) strokeLines(frame, those, { colour: how.line, width: how.width || 1, dash: how.dash, alpha: (how.lineAlpha ?? 1) * opacity });
  }
}

/** @param {Frame} frame @param {string} paint @param {Drawn[]} shapes @param {number} wide @param {number} opacity */
function paintLines(frame, paint, shapes, wide, opacity) {
  const all = bands(paint, shapes.filter((one) => one.kind === 2), frame.zoom);
  for (const { how, those } of all) if (how.casing) strokeLines(frame, those, { colour: how.casing, width: (how.casingWidth || 0) * wide, alpha: opacity });
  for (const { how, those } of all) if (how.line) strokeLines(frame, those, { colour: how.line, width: (how.width || 1) * (how.fixed ? 1 : wide), dash: how.dash, alpha: (how.lineAlpha ?? 1) * opacity });
}

const BOUNDARY = "b-bound";

/** Shade what lies outside the district, draw its boundary on a glow and its neighbours' thinly. @param {Frame} frame */
export function drawBoundary(frame) {
  const { context } = frame;
  const sources = shownSources().filter((one) => one.layer.style.paint === BOUNDARY);
  const shapes = sources.flatMap((source) => [...source.within(frame.view)].map((drawn) => ({ drawn, ours: isOurs(source.layer, drawn) })));
  const neighbours = shapes.filter((one) => !one.ours).map((one) => one.drawn);
  const home = shapes.filter((one) => one.ours).map((one) => one.drawn);
  if (home.length) {
    context.fillStyle = token("m-out");
    context.globalAlpha = Number(token("m-out-op"));
    context.beginPath();
    context.rect(0, 0, frame.width, frame.height);
    for (const drawn of home) for (const ring of drawn.parts) traceRing(frame, ring);
    context.fill("evenodd");
    context.globalAlpha = 1;
  }
  strokeLines(frame, neighbours, { colour: token("m-nb"), width: 1, dash: [5, 3] });
  strokeLines(frame, home, { colour: token("m-bound-glow"), width: 9, alpha: 0.55 });
  strokeLines(frame, home, { colour: token("m-bound"), width: 1.75, dash: [12, 3, 2, 3], alpha: 0.9 });
}

/** @param {Frame} frame @param {Float64Array} ring */
function traceRing(frame, ring) {
  for (let i = 0; i < ring.length; i += 2) frame.context[i ? "lineTo" : "moveTo"](frame.x(ring[i]), frame.y(ring[i + 1]));
  frame.context.closePath();
}

/** @param {import("../types").Layer} layer @param {Drawn} drawn */
export const isOurs = (layer, drawn) => Boolean(layer.key) && String(drawn.properties[/** @type {string} */ (layer.key)]).replace(/^156/, "") === config.district.adcode;
