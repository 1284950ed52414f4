// Where a layer's shapes come from: all of it as GeoJSON while it is small, vector tiles of the view when it is large.
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { ask, query } from "../api.js";
import { config } from "../config.js";
import { lookOf } from "../looks.js";
import { state, tell } from "../state.js";
import { filterText } from "../terms.js";
import { boxOf, partsOf } from "./project.js";

export const LARGE = 5000; // features: beyond it a layer comes as tiles (design.md section 6)
const PAGE = 2500;
const DEEPEST = 16; // tiles of deeper zooms hold nothing more
const KEPT_TILES = 240;

/** @typedef {import("../types").Drawn} Drawn */
/** @typedef {{west: number, north: number, east: number, south: number, zoom: number}} View world coordinates */

/** @param {import("../types").Layer} layer @param {import("../types").Feature} feature @returns {Drawn | null} */
export function drawnOf(layer, feature) {
  if (!feature.geometry) return null;
  const [kind, parts] = partsOf(feature.geometry);
  const properties = feature.properties;
  const { title, style } = layer;
  return { id: String(feature.id), kind, parts, box: boxOf(parts), title: String((title && properties[title]) || ""), shade: String((style.shade_by && properties[style.shade_by]) || ""), count: 0, properties };
}

/** The whole layer in memory. */
export class WholeSource {
  /** @param {import("../types").Layer} layer */
  constructor(layer) {
    this.layer = layer;
    /** @type {Map<string, Drawn>} */
    this.all = new Map();
    this.ready = false;
    this.failed = false;
    /** @type {Promise<void> | null} */
    this.loading = null;
    /** How many features are shown of the layer. @type {number | null} */
    this.matched = null;
    this.filter = "";
    this.wanted = "";
    this.take();
  }

  /** Take the look that the layer has now: which of it is read, and with which fields. */
  take() {
    this.filter = filterText(this.layer, lookOf(this.layer.id).filter);
    this.wanted = fieldsDrawn(this.layer).join(",");
  }

  /** Read anew where another look wants other features or fields; what is drawn stays until then. @param {boolean} [anyway] */
  async restate(anyway = false) {
    const before = [this.filter, this.wanted].join();
    this.take();
    if (!this.ready || (!anyway && before === [this.filter, this.wanted].join())) return;
    await this.loading;
    await this.load();
  }

  /** Whether something that is to be seen is still on its way. */
  get waiting() {
    return !this.ready && !this.failed;
  }

  load() {
    this.loading ||= this.read().finally(() => (this.loading = null));
    return this.loading;
  }

  async read() {
    const found = new Map();
    let cursor = null;
    let matched = 0;
    try {
      do {
        const page = await ask(`layers/${this.layer.id}/features?${query({ limit: PAGE, cursor, fields: this.wanted, filter: this.filter, count: false })}`);
        for (const feature of page.features) {
          const drawn = drawnOf(this.layer, feature);
          if (drawn) found.set(drawn.id, drawn);
        }
        matched += page.features.length;
        cursor = page.next;
      } while (cursor);
      this.all = found;
      this.matched = matched;
      this.ready = true;
      this.failed = false;
    } catch {
      this.failed = true;
    }
    tell("data", this.layer.id);
  }

  /** Take in a commit. @param {{features: {id: string, op: string}[], truncated: boolean}} change */
  async apply(change) {
    if (change.truncated || !this.ready || this.filter) return this.load(); // what met the filter may no longer, and the other way round
    for (const one of change.features) if (one.op === "delete") this.all.delete(one.id);
    const ids = change.features.filter((one) => one.op !== "delete").map((one) => one.id);
    if (ids.length) {
      const page = await ask(`layers/${this.layer.id}/features?${query({ ids: ids.join(","), limit: ids.length, fields: this.wanted, count: false })}`);
      for (const feature of page.features) {
        const drawn = drawnOf(this.layer, feature);
        if (drawn) this.all.set(drawn.id, drawn);
      }
    }
    tell("data", this.layer.id);
  }

  /** @param {View} view @returns {Iterable<Drawn>} */
  *within(view) {
    for (const drawn of this.all.values()) if (meets(drawn.box, view)) yield drawn;
  }
}

/** Only what the view shows, from tiles kept by layer version. */
export class TileSource {
  /** @param {import("../types").Layer} layer */
  constructor(layer) {
    this.layer = layer;
    /** @type {Map<string, {drawn: Drawn[] | null, wait: Promise<void> | null}>} */
    this.tiles = new Map();
    this.ready = false;
    this.failed = false;
    /** What was shown last stays until its successor is there. @type {string[]} */
    this.lastWhole = [];
    this.whole = false;
    /** How many features are shown of the layer. @type {number | null} */
    this.matched = null;
    this.filter = filterText(layer, lookOf(layer.id).filter);
  }

  /** Other tiles where the filter is another. @param {boolean} [anyway] */
  async restate(anyway = false) {
    const filter = filterText(this.layer, lookOf(this.layer.id).filter);
    if (!anyway && filter === this.filter) return;
    this.filter = filter;
    await this.load();
  }

  async count() {
    if (!this.filter) return (this.matched = null);
    const asked = this.filter;
    const page = await ask(`layers/${this.layer.id}/features?${query({ limit: 1, geometry: false, filter: asked, fields: this.layer.key || "version" })}`).catch(() => null);
    if (asked === this.filter) this.matched = page?.numberMatched ?? null;
    return this.matched;
  }

  /** Whether something that is to be seen is still on its way. */
  get waiting() {
    return !this.whole && !this.failed;
  }

  async load() {
    this.ready = true;
    tell("data", this.layer.id);
    if (this.filter) this.count().then(() => tell("data", this.layer.id));
  }

  async apply() {
    if (this.filter) this.count().then(() => tell("data", this.layer.id));
    tell("data", this.layer.id); // the layer's new token makes new tile addresses
  }

  /** @param {View} view */
  addresses(view) {
    const z = Math.max(0, Math.min(DEEPEST, this.layer.geometry === "point" ? depthForPoints(view.zoom) : Math.round(view.zoom)));
    const side = 2 ** z;
    const token = (state.layers.get(this.layer.id) || this.layer).token.slice(0, 8);
    const found = [];
    for (let x = Math.floor(view.west * side); x <= Math.floor(view.east * side); x++) {
      for (let y = Math.max(0, Math.floor(view.north * side)); y <= Math.min(side - 1, Math.floor(view.south * side)); y++) found.push({ z, x: ((x % side) + side) % side, y, key: `${z}/${y}/${x}/${token}/${this.filter}`, token });
    }
    return found;
  }

  /** @param {View} view @returns {Iterable<Drawn>} */
  *within(view) {
    const wanted = this.addresses(view);
    for (const one of wanted) if (!this.tiles.has(one.key)) this.fetch(one);
    const whole = wanted.every((one) => this.tiles.get(one.key)?.drawn);
    const keys = wanted.map((one) => one.key);
    this.whole = whole;
    if (whole) this.lastWhole = keys;
    const seen = new Set();
    for (const key of whole ? keys : [...this.lastWhole, ...keys]) {
      for (const drawn of this.tiles.get(key)?.drawn || []) {
        if (drawn.kind === 1 && drawn.id && seen.has(drawn.id)) continue;
        seen.add(drawn.id);
        if (meets(drawn.box, view)) yield drawn;
      }
    }
  }

  /** @param {{z: number, x: number, y: number, key: string, token: string}} at */
  fetch(at) {
    const entry = { drawn: /** @type {Drawn[] | null} */ (null), wait: /** @type {Promise<void> | null} */ (null) };
    this.tiles.set(at.key, entry);
    entry.wait = fetch(`${config.ogc}/collections/${this.layer.id}/tiles/WebMercatorQuad/${at.z}/${at.y}/${at.x}?${query({ v: at.token, filter: this.filter })}`, { credentials: "same-origin" })
      .then(async (response) => {
        if (!response.ok && response.status !== 204) throw new Error(String(response.status));
        entry.drawn = decode(this.layer, await response.arrayBuffer(), at);
        this.failed = false;
      })
      .catch(() => {
        this.tiles.delete(at.key);
        this.failed = true;
      })
      .then(() => tell("data", this.layer.id));
    if (this.tiles.size > KEPT_TILES) for (const key of [...this.tiles.keys()].slice(0, 40)) if (!this.lastWhole.includes(key)) this.tiles.delete(key);
  }
}

/** Points in tiles lie on a grid of 8 px of the tile's own zoom. Few tiles are wanted, and a grid about as fine as
 * the reach within which symbols are gathered and their discs joined (20 and 38 px): 11-22 px below zoom 12, 8-16 px nearer by. @param {number} zoom */
const depthForPoints = (zoom) => Math.floor(zoom < 12 ? zoom - 0.5 : zoom);

/** @param {import("../types").Layer} layer @param {ArrayBuffer} bytes @param {{z: number, x: number, y: number}} at @returns {Drawn[]} */
function decode(layer, bytes, at) {
  const inside = new VectorTile(new PbfReader(bytes)).layers[layer.id];
  if (!inside) return [];
  const side = 2 ** at.z;
  /** @type {[number, number, number, number]} */
  const clip = [at.x / side, at.y / side, (at.x + 1) / side, (at.y + 1) / side];
  const drawn = [];
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
    drawn.push({ id: String(properties.id || ""), kind, parts, box, title: String(properties.title || ""), shade: String(properties.shade || ""), count: Number(properties.count || 0), properties, clip: kind === 1 ? undefined : clip });
  }
  return drawn;
}

/** @param {[number, number, number, number]} box @param {View} view */
const meets = (box, view) => box[0] <= view.east && box[2] >= view.west && box[1] <= view.south && box[3] >= view.north;

/** What a map needs of each feature: name, shade, summary, and how fresh it is. @param {import("../types").Layer} layer */
const fieldsDrawn = (layer) => [...new Set([layer.title, layer.key, layer.style.shade_by, lookOf(layer.id).by, ...layer.summary, "verified_at"].filter(Boolean))];
