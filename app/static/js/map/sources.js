// A small layer's shapes: all of it as GeoJSON, kept in memory. Large layers come as tiles (tiles.js).
import { ask, query } from "../api.js";
import { lookOf } from "../looks.js";
import { tell } from "../state.js";
import { filterText } from "../terms.js";
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
    if (!this.ready && !this.loading && !this.failed) return; // it is read when it is first shown
    await this.loading; // what is being read may be older than the change
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

/** @param {[number, number, number, number]} box @param {View} view */
export const meets = (box, view) => box[0] <= view.east && box[2] >= view.west && box[1] <= view.south && box[3] >= view.north;

/** What a map needs of each feature: name, shade, summary, and how fresh it is; a field that one classed by may have been retired since. @param {import("../types").Layer} layer */
export const fieldsDrawn = (layer) => [...new Set([layer.title, layer.key, layer.style.shade_by, lookOf(layer.id).by, ...layer.summary, "verified_at"])].filter((name) => layer.fields.some((field) => field.id === name));
