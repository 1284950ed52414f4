// A large layer's shapes: only the tiles of the view, each good until something changes where it lies; what just changed is drawn above.
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { ask, query } from "../api.js";
import { attended } from "../attention.js";
import { config } from "../config.js";
import { lookOf } from "../looks.js";
import { state, tell } from "../state.js";
import { filterText } from "../terms.js";
import { anchorOf, boxOf, latOf, lonOf, worldX, worldY } from "./project.js";
import { drawnOf, fieldsDrawn, meets } from "./sources.js";

const DEEPEST = 18; // tiles of deeper zooms hold nothing more
const KEPT_TILES = 320;
const CELLS = 16; // a side, of the grid that a crowded tile is gathered in
const MARGIN = 1 / 16; // of a tile's side, where a shape of the next tile may still show
const TOGETHER_MS = 400; // tiles that come within this time are drawn in one go
const AT_ONCE = 8; // requests; what is looked at comes first, its surroundings when that is there
const AGAIN_MS = 2000;
const COUNT_PAUSE_MS = 250;
const MOST_CHANGED = 300; // features drawn above the tiles; beyond it the tiles are asked for anew

/** @typedef {import("../types").Drawn} Drawn @typedef {import("./sources.js").View} View */
/** `asked` and `changed` are moments of `clock`: a tile asked for before its last change is stale, and shown until the next one is there.
 * @typedef {{z: number, x: number, y: number, filter: string, drawn: Drawn[] | null, waiting: boolean, asked: number, changed: number, came: number, gathered: boolean, left: number, after: number}} Tile */

export class TileSource {
  /** @param {import("../types").Layer} layer */
  constructor(layer) {
    this.layer = layer;
    /** @type {Map<string, Tile>} */
    this.tiles = new Map();
    this.ready = false;
    this.failed = false;
    this.near = 0; // requests for what is looked at
    this.around = 0; // and for its surroundings
    /** @type {Set<Tile>} */
    this.queue = new Set();
    this.clock = 0;
    /** Features that changed, as they are now (null: gone), until the tiles know them. @type {Map<string, {drawn: Drawn | null, at: number}>} */
    this.changed = new Map();
    /** What was shown last stays until its successor is there. @type {Tile[]} */
    this.last = [];
    this.counted = { key: "", count: /** @type {number | null} */ (null) };
    this.asking = 0;
    this.soon = 0;
    this.whole = false; // what is looked at was drawn
    /** How many features meet the filter, in view or not; null without one, and until it is known. @type {number | null} */
    this.matched = null;
    this.filter = filterText(layer, lookOf(layer.id).filter);
  }

  /** Other tiles where the filter is another; what is drawn stays until they come. */
  restate() {
    const filter = filterText(this.layer, lookOf(this.layer.id).filter);
    if (filter === this.filter) return;
    this.filter = filter;
    this.failed = false;
    this.changed.clear(); // they met the filter before, or did not
    this.queue.clear();
    this.match();
    if (this.ready) tell("data", this.layer.id);
  }

  /** Learn how many features meet the filter. */
  async match() {
    const { filter } = this;
    if (!filter) this.matched = null;
    if (!filter || !this.ready) return;
    const matched = await this.counting({}).catch(() => null);
    if (filter !== this.filter) return;
    this.matched = matched;
    tell("counts", this.layer.id);
  }

  /** How many features meet the filter. @param {{bbox?: string}} where @returns {Promise<number>} */
  async counting(where) {
    return (await ask(`layers/${this.layer.id}/features?${query({ ...where, limit: 1, geometry: false, filter: this.filter, fields: this.layer.key || "version" })}`)).numberMatched;
  }

  /** Whether something that is looked at is still on its way. */
  get waiting() {
    return !this.failed && (!this.ready || this.pending());
  }

  /** Take every tile for stale: the layer is shown anew, or the feed lost its place. */
  async load() {
    this.ready = true;
    this.failed = false;
    this.changed.clear();
    this.clock += 1;
    for (const tile of this.tiles.values()) [tile.changed, tile.after] = [this.clock, 0];
    this.match();
    tell("data", this.layer.id);
  }

  /** Take in a commit. @param {{features: {id: string, op: string, bbox: [number, number, number, number] | null}[], truncated: boolean}} change */
  async apply(change) {
    if (change.truncated || this.changed.size > MOST_CHANGED) return this.load();
    const at = (this.clock += 1);
    const { filter } = this;
    this.match();
    for (const one of change.features) {
      if (one.bbox) this.touch(one.bbox, at);
      if (one.op !== "insert") this.changed.set(one.id, { drawn: null, at });
    }
    tell("data", this.layer.id);
    const ids = change.features.filter((one) => one.op !== "delete").map((one) => one.id);
    if (!ids.length) return;
    const page = await ask(`layers/${this.layer.id}/features?${query({ ids: ids.join(","), limit: ids.length, fields: fieldsDrawn(this.layer).join(","), filter, count: false })}`);
    if (filter !== this.filter) return; // the tiles that are drawn now know of it, or are stale
    for (const feature of page.features) {
      const drawn = drawnOf(this.layer, feature);
      const known = this.changed.get(String(feature.id));
      if (drawn && !(known && known.at > at)) this.changed.set(drawn.id, { drawn, at });
    }
    tell("data", this.layer.id);
  }

  /** Tiles that meet the box are stale. @param {[number, number, number, number]} box west, south, east, north @param {number} at */
  touch([west, south, east, north], at) {
    const [left, right, top, bottom] = [worldX(west), worldX(east), worldY(north), worldY(south)];
    for (const tile of this.tiles.values()) {
      const side = 2 ** tile.z;
      if (left * side <= tile.x + 1 + MARGIN && right * side >= tile.x - MARGIN && top * side <= tile.y + 1 + MARGIN && bottom * side >= tile.y - MARGIN) tile.changed = at;
    }
  }

  /** Which zoom's tiles a view is drawn from. Points are few tiles' worth: a crowded tile gathers them on a grid of 16 px of its own, at most
   * 32 px here, which is about the reach within which symbols are gathered and their discs joined. @param {View} view */
  depth(view) {
    return Math.max(0, Math.min(DEEPEST, this.layer.geometry === "point" ? Math.floor(view.zoom) : Math.round(view.zoom)));
  }

  /** @param {View} view @returns {Tile[]} */
  wanted(view) {
    const z = this.depth(view);
    const side = 2 ** z;
    const found = [];
    for (let x = Math.floor(view.west * side); x <= Math.floor(view.east * side); x++) {
      for (let y = Math.max(0, Math.floor(view.north * side)); y <= Math.min(side - 1, Math.floor(view.south * side)); y++) found.push(this.tile(z, ((x % side) + side) % side, y));
    }
    return found;
  }

  /** @param {number} z @param {number} x @param {number} y @returns {Tile} */
  tile(z, x, y) {
    const key = `${z}/${y}/${x}/${this.filter}`;
    let tile = this.tiles.get(key);
    if (!tile) {
      if (this.tiles.size >= KEPT_TILES) this.forget();
      tile = { z, x, y, filter: this.filter, drawn: null, waiting: false, asked: -1, changed: 0, came: -1, gathered: false, left: 0, after: 0 };
      this.tiles.set(key, tile);
    }
    return tile;
  }

  /** Let the tiles go that came first. */
  forget() {
    let many = KEPT_TILES / 5;
    for (const [key, tile] of this.tiles) if (many-- > 0 && !tile.waiting && !this.last.includes(tile)) this.tiles.delete(key);
  }

  /** @param {View} view @returns {Iterable<Drawn>} */
  *within(view) {
    const wanted = this.wanted(view);
    for (const tile of wanted) if (!tile.waiting && tile.came < tile.changed) this.want(tile);
    const missing = wanted.filter((tile) => !tile.drawn);
    if (!missing.length && view.west <= looked.view.west && view.east >= looked.view.east) this.last = wanted; // not of the question what lies under a click
    const seen = new Set();
    for (const tile of wanted) yield* this.of(tile, view, seen);
    // Where a tile has not come yet, what was shown there last.
    if (missing.length) for (const tile of this.last) if (!wanted.includes(tile)) for (const drawn of this.of(tile, view, seen)) if (missing.some((gap) => holdsBox(gap, drawn))) yield drawn;
    for (const [id, { drawn, at }] of this.changed) {
      if (!drawn || seen.has(id) || !meets(drawn.box, view)) continue;
      const home = this.homeOf(drawn, wanted);
      if (!home || (home.came < at && !home.gathered)) yield drawn; // a crowded tile counts it as soon as it comes anew
    }
  }

  /** @param {Tile} tile @param {View} view @param {Set<string>} seen */
  *of(tile, view, seen) {
    for (const drawn of tile.drawn || []) {
      const { id } = drawn;
      if (id) {
        const changed = this.changed.get(id);
        if (changed && tile.came < changed.at) continue;
        if (drawn.kind === 1) {
          if (seen.has(id)) continue;
          seen.add(id);
        } else if (changed) seen.add(id);
      }
      if (meets(drawn.box, view)) yield drawn;
    }
  }

  /** @param {Drawn} drawn @param {Tile[]} tiles */
  homeOf(drawn, tiles) {
    const [x, y] = anchorOf(drawn);
    return tiles.find((tile) => Math.floor(x * 2 ** tile.z) === tile.x && Math.floor(y * 2 ** tile.z) === tile.y);
  }

  /** Whether a tile of the view leaves out shapes that are too small for its zoom. @param {View} view */
  thinned(view) {
    return this.wanted(view).some((tile) => tile.left > 0);
  }

  /** How many of the layer lie in a view: the server's count, or null until it is known. @param {View} view @returns {number | null} */
  count(view) {
    const bbox = [lonOf(view.west), latOf(view.south), lonOf(view.east), latOf(view.north)].map((one) => one.toFixed(6)).join(",");
    const key = `${bbox} ${this.token()} ${this.filter}`;
    if (this.counted.key === key) return this.counted.count;
    if (this.pending()) return null; // the map first
    this.counted = { key, count: null };
    clearTimeout(this.asking);
    this.asking = window.setTimeout(async () => {
      const count = await (this.filter ? this.counting({ bbox }) : ask(`layers/${this.layer.id}/count?${query({ bbox })}`).then((answer) => answer.count)).catch(() => null);
      if (count == null || this.counted.key !== key) return;
      this.counted.count = count;
      tell("counts", this.layer.id);
    }, COUNT_PAUSE_MS);
    return null;
  }

  /** Ask for a tile soon. @param {Tile} tile */
  want(tile) {
    if (!this.queue.size) queueMicrotask(() => this.pump());
    this.queue.add(tile);
  }

  /** Start requests: from the middle of what is looked at outward. What is not looked at any more is not asked for. */
  pump() {
    const { view } = looked;
    const [x, y] = [(view.west + view.east) / 2, (view.north + view.south) / 2];
    const now = performance.now();
    const far = (/** @type {Tile} */ tile) => Math.hypot((tile.x + 0.5) / 2 ** tile.z - x, (tile.y + 0.5) / 2 ** tile.z - y);
    const queued = [...this.queue].filter((tile) => !tile.waiting && tile.after <= now).sort((a, b) => far(a) - far(b));
    for (const near of [true, false]) {
      for (const tile of queued) {
        if (near !== (tile.z === this.depth(view) && touches(tile, view))) continue;
        if (this.near + this.around >= AT_ONCE || (!near && this.near)) break;
        this.queue.delete(tile);
        this.fetch(tile, near);
      }
    }
  }

  token() {
    return (state.layers.get(this.layer.id) || this.layer).token;
  }

  /** Whether something that is looked at has not come yet. */
  pending() {
    return this.wanted(looked.view).some((tile) => tile.came < tile.changed);
  }

  /** @param {Tile} tile @param {boolean} near */
  async fetch(tile, near) {
    tile.waiting = true;
    tile.asked = this.clock;
    if (near) this.whole = false;
    this[near ? "near" : "around"] += 1;
    try {
      const response = await fetch(`${config.ogc}/collections/${this.layer.id}/tiles/WebMercatorQuad/${tile.z}/${tile.y}/${tile.x}?${query({ v: this.token().slice(0, 8), filter: tile.filter })}`, { credentials: "same-origin", headers: attended() });
      if (!response.ok) throw new Error(String(response.status));
      Object.assign(tile, decode(this.layer, await response.arrayBuffer(), tile));
      tile.came = tile.asked;
      this.failed = false;
    } catch {
      this.failed = true;
      tile.after = performance.now() + AGAIN_MS; // and only then again
      setTimeout(() => tell("data", this.layer.id), AGAIN_MS + 10);
    }
    tile.waiting = false;
    this[near ? "near" : "around"] -= 1;
    this.pump();
    this.arrived();
  }

  /** Draw when all that is looked at has come, later once for its surroundings; before, when some have waited. */
  arrived() {
    if (!this.pending() && (!this.around || !this.whole)) {
      this.whole = true;
      clearTimeout(this.soon);
      this.soon = 0;
      tell("data", this.layer.id);
    } else if (!this.soon) {
      this.soon = window.setTimeout(() => { this.soon = 0; tell("data", this.layer.id); }, TOGETHER_MS);
    }
  }
}

/** What the map shows now, without the margin that it is drawn with. */
export const looked = { view: /** @type {View} */ ({ west: 0, east: 1, north: 0, south: 1, zoom: 0 }) };

/** @param {Tile} tile @param {View} view */
function touches(tile, view) {
  const side = 2 ** tile.z;
  return tile.x < view.east * side && tile.x + 1 > view.west * side && tile.y < view.south * side && tile.y + 1 > view.north * side;
}

/** @param {Tile} tile @param {Drawn} drawn */
function holdsBox(tile, drawn) {
  const side = 2 ** tile.z;
  if (drawn.kind === 1) return Math.floor(drawn.box[0] * side) === tile.x && Math.floor(drawn.box[1] * side) === tile.y;
  return drawn.box[0] * side < tile.x + 1 && drawn.box[2] * side > tile.x && drawn.box[1] * side < tile.y + 1 && drawn.box[3] * side > tile.y;
}

/** @param {import("../types").Layer} layer @param {ArrayBuffer} bytes @param {{z: number, x: number, y: number}} at @returns {{drawn: Drawn[], gathered: boolean, left: number}} */
function decode(layer, bytes, at) {
  const { layers } = new VectorTile(new PbfReader(bytes));
  const inside = layers[layer.id];
  const said = layers.thinned?.feature(0).properties;
  /** @type {{drawn: Drawn[], gathered: boolean, left: number}} */
  const found = { drawn: [], gathered: Boolean(said), left: Number(said?.counted || 0) };
  if (!inside) return found;
  const side = 2 ** at.z;
  /** @type {[number, number, number, number]} */
  const clip = [at.x / side, at.y / side, (at.x + 1) / side, (at.y + 1) / side];
  for (let i = 0; i < inside.length; i++) {
    const feature = inside.feature(i);
    const properties = /** @type {Record<string, any>} */ (feature.properties);
    const parts = feature.loadGeometry().map((line) => {
      const flat = new Float64Array(line.length * 2);
      line.forEach((point, j) => {
        flat[2 * j] = (at.x + point.x / inside.extent) / side;
        flat[2 * j + 1] = (at.y + point.y / inside.extent) / side;
      });
      return flat;
    });
    const box = boxOf(parts);
    const kind = /** @type {1 | 2 | 3} */ (feature.type);
    if (kind === 1 && !(box[0] >= clip[0] && box[0] < clip[2] && box[1] >= clip[1] && box[1] < clip[3])) continue; // its own tile draws it
    const count = Number(properties.count || 0);
    found.drawn.push({ id: String(properties.id || ""), kind, parts, box, title: String(properties.title || ""), shade: String(properties.shade || ""), count, properties, clip: kind === 1 ? undefined : clip, reach: count ? 1 / CELLS / side : undefined });
  }
  return found;
}
