// A small layer's shapes: all of it as GeoJSON, kept in memory. Large layers come as tiles (tiles.js).
import { ask, query } from "../api.js";
import { tell } from "../state.js";
import { boxOf, partsOf } from "./project.js";

export const LARGE = 5000; // features: beyond it a layer comes as tiles (design.md section 6)
const PAGE = 2500;

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
    const wanted = fieldsDrawn(this.layer);
    const found = new Map();
    let cursor = null;
    try {
      do {
        const page = await ask(`layers/${this.layer.id}/features?${query({ limit: PAGE, cursor, fields: wanted.join(","), count: false })}`);
        for (const feature of page.features) {
          const drawn = drawnOf(this.layer, feature);
          if (drawn) found.set(drawn.id, drawn);
        }
        cursor = page.next;
      } while (cursor);
      this.all = found;
      this.ready = true;
      this.failed = false;
    } catch {
      this.failed = true;
    }
    tell("data", this.layer.id);
  }

  /** Take in a commit. @param {{features: {id: string, op: string}[], truncated: boolean}} change */
  async apply(change) {
    if (change.truncated || !this.ready) return this.load();
    for (const one of change.features) if (one.op === "delete") this.all.delete(one.id);
    const ids = change.features.filter((one) => one.op !== "delete").map((one) => one.id);
    if (ids.length) {
      const page = await ask(`layers/${this.layer.id}/features?${query({ ids: ids.join(","), limit: ids.length, fields: fieldsDrawn(this.layer).join(","), count: false })}`);
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

/** @param {[number, number, number, number]} box @param {View} view */
export const meets = (box, view) => box[0] <= view.east && box[2] >= view.west && box[1] <= view.south && box[3] >= view.north;

/** What a map needs of each feature: name, shade, summary, and how fresh it is. @param {import("../types").Layer} layer */
export const fieldsDrawn = (layer) => [...new Set([layer.title, layer.key, layer.style.shade_by, ...layer.summary, "verified_at"].filter(Boolean))];
