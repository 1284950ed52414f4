// Names on the map: placed one by one by weight, never over each other or over a symbol; along lines for roads and water.
import { shownSources } from "./holdings.js";
import { groundPaint, token } from "./paints.js";
import { placed } from "./symbols.js";
import { isOurs } from "./ground.js";
import { state } from "../state.js";
import { distanceText } from "../format.js";
import { config } from "../config.js";
import { say, t } from "../words.js";
import { anchorOf, away, worldX, worldY } from "./project.js";

/** @typedef {import("./sheet.js").Frame} Frame @typedef {import("../types").Drawn} Drawn */
/** @typedef {{text: string, x: number, y: number, half: number, font: string, colour: string, weight: number, spacing?: number, plate?: boolean, fixed?: boolean, once?: string}} Name */

const family = () => token("font");

/** @param {Frame} frame @param {{dx: number, dy: number, overlays: number[][]}} where the sheet's corner in the symbols' pixels, and floating cards */
export function drawLettering(frame, where) {
  const shift = (/** @type {number[]} */ box) => [box[0] - where.dx, box[1] - where.dy, box[2] - where.dx, box[3] - where.dy];
  const taken = new Boxes([...placed.taken.map(shift), ...where.overlays]);
  const names = [...symbolNames(where), ...groundNames(frame), ...zoneNames(frame)].sort((a, b) => b.weight - a.weight);
  const late = names.filter((one) => one.weight < 2);
  const once = new Set();
  for (const name of names) if (name.weight >= 2 && !(name.once && once.has(name.once)) && put(frame, taken, name) && name.once) once.add(name.once);
  lineNames(frame, taken);
  for (const name of late) put(frame, taken, name);
}

/** Boxes that are taken, in a grid so that thousands stay quick. */
class Boxes {
  /** @param {number[][]} boxes */
  constructor(boxes) {
    /** @type {Map<string, number[][]>} */
    this.cells = new Map();
    for (const box of boxes) this.add(box);
  }

  /** @param {number[]} box */
  keys(box) {
    const found = [];
    for (let x = Math.floor(box[0] / 96); x <= Math.floor(box[2] / 96); x++) for (let y = Math.floor(box[1] / 96); y <= Math.floor(box[3] / 96); y++) found.push(`${x},${y}`);
    return found;
  }

  /** @param {number[]} box */
  add(box) {
    for (const key of this.keys(box)) {
      const cell = this.cells.get(key);
      if (cell) cell.push(box);
      else this.cells.set(key, [box]);
    }
  }

  /** @param {number[]} box */
  meets(box) {
    return this.keys(box).some((key) => (this.cells.get(key) || []).some((one) => box[0] < one[2] && box[2] > one[0] && box[1] < one[3] && box[3] > one[1]));
  }
}

/** @param {{dx: number, dy: number}} where @returns {Name[]} */
function symbolNames(where) {
  return placed.labels.map((one) => ({
    text: one.title, x: one.x - where.dx, y: one.y - where.dy, half: one.half, weight: one.weight, plate: one.plate,
    font: `${one.strong ? 600 : 400} 12px ${family()}`, colour: token(one.plate ? "ink" : one.strong ? "m-text" : "m-text-2"),
  }));
}

/** Towns and neighbours. @param {Frame} frame @returns {Name[]} */
function groundNames(frame) {
  /** @type {Name[]} */
  const found = [];
  for (const source of shownSources()) {
    const { style } = source.layer;
    if (!["b-town", "b-bound"].includes(style.paint || "") || frame.zoom < style.label_zoom - 1) continue;
    for (const drawn of source.within(frame.view)) {
      if (!drawn.title || (style.paint === "b-bound" && isOurs(source.layer, drawn))) continue;
      const [x, y] = anchorOf(drawn);
      const bound = style.paint === "b-bound";
      found.push(bound ? neighbour(drawn.title, frame.x(x), frame.y(y)) : { text: drawn.title, x: frame.x(x), y: frame.y(y), half: 0, fixed: true, weight: 2.5, font: `600 14px ${family()}`, colour: token("m-text") });
    }
  }
  const kept = new Set(found.map((one) => one.text));
  for (const { label, lon, lat } of config.district.neighbours) if (!kept.has(label.zh)) found.push(neighbour(say(label), frame.x(worldX(lon)), frame.y(worldY(lat))));
  return found;
}

/** The name of a division beside ours. @param {string} text @param {number} x @param {number} y @returns {Name} */
const neighbour = (text, x, y) => ({ text, x, y, half: 0, fixed: true, weight: 3, spacing: /^[\x20-\x7e]+$/.test(text) ? 1 : 5, font: `400 14px ${family()}`, colour: token("m-text-2") });

/** The zone carries its name and metres where its edge is free. @param {Frame} frame @returns {Name[]} */
function zoneNames(frame) {
  const zone = state.zone;
  if (zone?.kind !== "circle") return [];
  return [0, 60, 300, 120, 240, 180].map((turn, i) => {
    const [lat, lon] = away(zone.lon, zone.lat, turn, zone.radius_m);
    return { text: t("legend.circle", { radius: distanceText(zone.radius_m) }), x: frame.x(worldX(lon)), y: frame.y(worldY(lat)), half: 2, weight: 8.5 - i / 100, once: "zone", font: `600 12px ${family()}`, colour: token("z-text") };
  });
}

/** @param {Frame} frame @param {Boxes} taken @param {Name} name */
function put(frame, taken, name) {
  const { context } = frame;
  context.font = name.font;
  context.letterSpacing = `${name.spacing || 0}px`;
  const text = name.text.length > 22 ? `${name.text.slice(0, 21)}…` : name.text;
  const [w, h] = [context.measureText(text).width + (name.plate ? 16 : 0), name.plate ? 24 : name.font.includes("14px") ? 18 : 16];
  const [x, y, g] = [name.x, name.y, name.half + 3];
  const tries = name.fixed
    ? [[x - w / 2, y - h / 2], [x - w / 2, y + 8], [x - w / 2, y - h - 8], [x + 12, y - h / 2], [x - w - 12, y - h / 2]]
    : [[x + g, y - h / 2], [x - w / 2, y + g - 1], [x - g - w, y - h / 2], [x - w / 2, y - g - h + 1], [x + g - 2, y + 4], [x + g - 2, y - h - 4], [x - g - w, y + 4]];
  for (const [left, top] of tries) {
    const box = [left, top, left + w, top + h];
    if (box[0] < 2 || box[1] < 2 || box[2] > frame.width - 2 || box[3] > frame.height - 2 || taken.meets(box)) continue;
    taken.add([box[0] - 2, box[1] - 1, box[2] + 2, box[3] + 1]);
    if (name.plate) plate(context, box);
    context.textAlign = "left";
    context.textBaseline = "middle";
    write(context, text, left + (name.plate ? 8 : 0), top + h / 2 + 0.5, name.colour, !name.plate);
    context.letterSpacing = "0px";
    return true;
  }
  context.letterSpacing = "0px";
  return false;
}

/** @param {CanvasRenderingContext2D} context @param {number[]} box */
function plate(context, box) {
  context.save();
  context.shadowColor = token("m-symbol-shadow");
  context.shadowBlur = 6;
  context.shadowOffsetY = 1;
  context.fillStyle = token("panel");
  context.beginPath();
  context.roundRect(box[0], box[1], box[2] - box[0], box[3] - box[1], 4);
  context.fill();
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y @param {string} colour @param {boolean} halo */
function write(context, text, x, y, colour, halo) {
  if (halo) {
    context.strokeStyle = token("m-halo");
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeText(text, x, y);
  }
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Names of roads and water along their lines, each once a view; road numbers as shields. @param {Frame} frame @param {Boxes} taken */
function lineNames(frame, taken) {
  /** @type {{name: string, drawn: Drawn, kind: string, length: number, rank: number}[]} */
  const lines = [];
  /** @type {Map<string, Drawn[]>} */
  const shields = new Map();
  for (const source of shownSources()) {
    const { style } = source.layer;
    if (!style.paint || frame.zoom < style.label_zoom - 1) continue;
    for (const drawn of source.within(frame.view)) {
      if (drawn.kind !== 2) continue;
      const how = groundPaint(style.paint, drawn.shade);
      if (frame.zoom < (how.from || 0)) continue;
      if (style.paint === "road" && drawn.properties.number) shields.set(drawn.properties.number, [...(shields.get(drawn.properties.number) || []), drawn]);
      if (how.text && drawn.title) lines.push({ name: drawn.title, drawn, kind: how.text, length: pixels(frame, drawn), rank: (how.text === "water" ? 20 : 0) + (how.rank || 0) });
    }
  }
  lines.sort((a, b) => b.rank - a.rank || b.length - a.length);
  const done = new Set();
  for (const line of lines) if (!done.has(line.name) && along(frame, taken, line.name, line.drawn, line.kind)) done.add(line.name);
  for (const [number, roads] of shields) shield(frame, taken, String(number), roads);
}

/** Length in view, roughly. @param {Frame} frame @param {Drawn} drawn */
const pixels = (frame, drawn) => Math.hypot(drawn.box[2] - drawn.box[0], drawn.box[3] - drawn.box[1]) * frame.scale;

/** @param {Frame} frame @param {Boxes} taken @param {string} name @param {Drawn} drawn @param {string} kind */
function along(frame, taken, name, drawn, kind) {
  const { context } = frame;
  const size = kind === "water" ? 14 : 12;
  const gap = kind === "water" ? 14 : kind === "gully" ? 2 : 2.5;
  context.font = `400 ${size}px ${family()}`;
  const letters = /^[\x20-\x7e]+$/.test(name) ? [name] : [...name];
  const widths = letters.map((one) => context.measureText(one).width + gap);
  const whole = widths.reduce((sum, one) => sum + one, 0);
  for (const part of drawn.parts) {
    const path = smooth(frame, part);
    for (const share of [0.4, 0.62, 0.25, 0.8]) {
      const spots = walk(path, whole, widths, share);
      if (!spots || spots.some(([x, y]) => x < 10 || y < 10 || x > frame.width - 10 || y > frame.height - 10)) continue;
      const rise = kind === "road" ? -9 : kind === "gully" ? -8 : 0;
      const at = spots.map(([x, y, angle], i) => /** @type {[number, number, number, string]} */ ([x - Math.sin(angle) * rise, y + Math.cos(angle) * rise, angle, letters[i]]));
      const boxes = at.map(([x, y]) => [x - size / 2 - 2, y - size / 2 - 2, x + size / 2 + 2, y + size / 2 + 2]);
      if (letters.length === 1) boxes.push([at[0][0] - whole / 2, at[0][1] - 8, at[0][0] + whole / 2, at[0][1] + 8]);
      if (boxes.some((box) => taken.meets(box))) continue;
      boxes.forEach((box) => taken.add(box));
      const colour = token(kind === "road" ? "m-text-2" : "m-text-water");
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (const [x, y, angle, letter] of at) {
        context.save();
        context.translate(x, y);
        context.rotate(angle);
        write(context, letter, 0, 0, colour, true);
        context.restore();
      }
      return true;
    }
  }
  return false;
}

/** The line in pixels, from left to right (or downward), without its smallest bends. @param {Frame} frame @param {Float64Array} part */
function smooth(frame, part) {
  /** @type {number[][]} */
  const path = [];
  for (let i = 0; i < part.length; i += 2) {
    const [x, y] = [frame.x(part[i]), frame.y(part[i + 1])];
    const last = path[path.length - 1];
    if (!last || Math.hypot(x - last[0], y - last[1]) > 7) path.push([x, y]);
  }
  const [first, last] = [path[0], path[path.length - 1]];
  if (Math.abs(first[0] - last[0]) > 0.4 * Math.abs(first[1] - last[1]) ? first[0] > last[0] : first[1] > last[1]) path.reverse();
  return path;
}

/** Places and angles of the letters, or null where the line is too short or bends too much. @param {number[][]} path @param {number} whole @param {number[]} widths @param {number} share
 * @returns {[number, number, number][] | null} */
function walk(path, whole, widths, share) {
  const steps = path.slice(1).map((point, i) => Math.hypot(point[0] - path[i][0], point[1] - path[i][1]));
  const length = steps.reduce((sum, one) => sum + one, 0);
  if (length < whole * 1.25) return null;
  let at = Math.max(0, Math.min(length - whole, length * share - whole / 2));
  /** @type {[number, number, number][]} */
  const spots = [];
  for (const width of widths) {
    let [left, i] = [at + width / 2, 0];
    while (i < steps.length - 1 && left > steps[i]) left -= steps[i++];
    const [a, b] = [path[i], path[i + 1]];
    const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
    const upright = widths.length > 1 && Math.abs(angle) > Math.PI * 0.36 ? 0 : angle; // Chinese reads down a steep line letter by letter
    spots.push([a[0] + ((b[0] - a[0]) * left) / (steps[i] || 1), a[1] + ((b[1] - a[1]) * left) / (steps[i] || 1), upright]);
    at += width;
  }
  const turns = spots.slice(1).map((one, i) => Math.abs(one[2] - spots[i][2]));
  return turns.some((one) => one > 0.6) ? null : spots;
}

/** @param {Frame} frame @param {Boxes} taken @param {string} number @param {Drawn[]} roads */
function shield(frame, taken, number, roads) {
  const { context } = frame;
  context.font = `600 10px ${family()}`;
  const w = context.measureText(number).width + 10;
  let last = /** @type {number[] | null} */ (null);
  for (const drawn of roads) {
    const [wx, wy] = anchorOf(drawn);
    const [x, y] = [frame.x(wx), frame.y(wy)];
    const box = [x - w / 2, y - 8, x + w / 2, y + 8];
    if (x < 20 || y < 20 || x > frame.width - 20 || y > frame.height - 20 || (last && Math.hypot(last[0] - x, last[1] - y) < 360) || taken.meets(box)) continue;
    taken.add(box);
    context.fillStyle = token("panel");
    context.strokeStyle = token("m-text-2");
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(box[0] + 0.5, box[1] + 0.5, w - 1, 15, 3);
    context.fill();
    context.stroke();
    context.fillStyle = token("m-text");
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(number, x, y + 0.5);
    last = [x, y];
  }
}
