// The rows of a table: counted and summed by the server, read a stretch at a time as they come into sight.
import { ask, query } from "../api.js";
import { state } from "../state.js";

const STRETCH = 200; // rows read at once
const KEPT = 60; // stretches kept
const NAMED = 90; // ids in one address
const REST_MS = 60; // a scroll bar being dragged passes over stretches that nobody reads

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Feature} Feature */
/** @typedef {{sort: string, filter: string, bbox: number[] | null}} Question */

export class Listing {
  /** @param {Layer} layer @param {() => void} heard */
  constructor(layer, heard) {
    this.layer = layer;
    this.heard = heard;
    /** @type {Question} */
    this.question = { sort: "", filter: "", bbox: null };
    this.turn = 0;
    this.count = 0;
    /** @type {Record<string, {sum: number | null, unknown: number}>} */
    this.measures = {};
    /** @type {Map<number, {features: Feature[] | null, next: string | null}>} */
    this.stretches = new Map();
    /** @type {Map<string, string>} */
    this.names = new Map();
    /** @type {Set<string>} rows that are there no more */
    this.gone = new Set();
    /** @type {any} */
    this.error = null;
    this.ready = false;
    this.moved = 0; // changes that this order does not show yet
    this.version = 0; // of the layer: what happened up to it is in these rows
    /** @type {Set<number>} stretches in sight that are not read */
    this.wanted = new Set();
    this.later = 0;
  }

  /** What is asked of the server for these rows. */
  get asked() {
    const { sort, filter, bbox } = this.question;
    return { sort, filter, bbox: bbox?.join(",") };
  }

  /** Ask anew; what is seen stays until the answer is there. @param {Question} question */
  async ask(question) {
    this.question = question;
    const turn = ++this.turn;
    try {
      const [sums, first] = await Promise.all([this.sum(), this.read(0, {})]);
      if (turn !== this.turn) return;
      this.take(sums);
      this.stretches = new Map([[0, first]]);
      this.gone.clear();
      this.moved = 0;
      this.version = Math.min(sums.version, first.version);
      this.ready = true;
      this.error = null;
      this.learn(first.features || []);
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error;
    }
    this.heard();
  }

  sum() {
    const { filter, bbox } = this.asked;
    return ask(`layers/${this.layer.id}/summary?${query({ filter, bbox })}`);
  }

  /** @param {any} sums */
  take(sums) {
    this.count = sums.count;
    this.measures = sums.measures;
  }

  /** @param {number} place @param {{cursor?: string | null}} from */
  async read(place, { cursor }) {
    const page = await ask(`layers/${this.layer.id}/features?${query({ ...this.asked, limit: STRETCH, geometry: false, count: false, cursor, offset: cursor || !place ? null : place * STRETCH })}`);
    return { features: /** @type {Feature[]} */ (page.features), next: page.next, version: Number(page.version) };
  }

  /** What is in sight is looked at anew: what was wanted before is wanted no more. */
  look() {
    this.wanted.clear();
  }

  /** @param {number} place */
  want(place) {
    if (this.stretches.get(place - 1)?.features) return this.fetch(place);
    this.wanted.add(place);
    clearTimeout(this.later);
    this.later = window.setTimeout(() => { for (const one of this.wanted) if (!this.stretches.has(one)) this.fetch(one); }, REST_MS);
  }

  /** The row at a place, or undefined while it is on its way. @param {number} index @returns {Feature | undefined} */
  row(index) {
    const place = Math.floor(index / STRETCH);
    const stretch = this.stretches.get(place);
    if (!stretch) this.want(place);
    return stretch?.features?.[index - place * STRETCH];
  }

  /** @param {number} place */
  async fetch(place) {
    const turn = this.turn;
    const before = this.stretches.get(place - 1);
    const entry = { features: /** @type {Feature[] | null} */ (null), next: /** @type {string | null} */ (null) };
    this.stretches.set(place, entry);
    try {
      const read = await this.read(place, { cursor: before?.next });
      if (turn !== this.turn) return;
      Object.assign(entry, { features: read.features, next: read.next });
      this.learn(read.features);
      for (const old of [...this.stretches.keys()].slice(0, Math.max(0, this.stretches.size - KEPT))) this.stretches.delete(old);
    } catch (error) {
      if (turn !== this.turn) return;
      this.stretches.delete(place);
      this.error = error;
    }
    this.heard();
  }

  /** Where a feature stands among these rows, or null. @param {string} id @returns {Promise<number | null>} */
  async placeOf(id) {
    const known = this.loadedPlace(id);
    if (known != null) return known;
    const { position } = await ask(`layers/${this.layer.id}/summary?${query({ ...this.asked, of: id })}`);
    return position;
  }

  /** @param {string} id */
  loadedPlace(id) {
    for (const [place, { features }] of this.stretches) {
      const at = features ? features.findIndex((one) => one.id === id) : -1;
      if (at >= 0) return place * STRETCH + at;
    }
    return null;
  }

  /** Take in a commit: rows are replaced where they stand, so that nothing jumps; new ones and a new order wait to be asked for.
   * @param {{version: number, features: {id: string, op: string}[], truncated: boolean}} change */
  async apply(change) {
    if (change.version <= this.version) return;
    if (change.truncated) return this.ask(this.question);
    const turn = this.turn;
    try {
      const ids = change.features.filter((one) => one.op !== "delete" && this.loadedPlace(one.id) != null).map((one) => one.id);
      const [sums, features] = await Promise.all([this.sum(), readNamed(this.layer.id, ids)]);
      if (turn !== this.turn) return;
      for (const one of change.features) if (one.op === "delete" && this.loadedPlace(one.id) != null) this.gone.add(one.id);
      for (const feature of features) this.put(feature);
      if (this.question.sort || this.question.filter || sums.count !== this.count) this.moved += change.features.length;
      this.take(sums);
      this.version = Math.max(this.version, change.version);
      this.learn(features);
    } catch (error) {
      if (turn === this.turn) this.error = error;
    }
    this.heard();
  }

  /** @param {Feature} feature */
  put(feature) {
    const place = this.loadedPlace(feature.id);
    if (place == null) return;
    const stretch = this.stretches.get(Math.floor(place / STRETCH));
    if (stretch?.features) stretch.features[place % STRETCH] = feature;
  }

  /** The names of what these rows refer to. @param {Feature[]} features */
  async learn(features) {
    for (const field of this.layer.fields) {
      const target = field.reference && state.layers.get(field.reference);
      if (!field.reference) continue;
      const ids = [...new Set(features.map((one) => one.properties[field.id]).filter((id) => id && !this.names.has(id)))];
      if (!ids.length) continue;
      for (const id of ids) this.names.set(id, "…");
      if (!target) continue;
      const found = await readNamed(target.id, ids).catch(() => []);
      for (const one of found) this.names.set(one.id, String((target.title && one.properties[target.title]) || (target.key && one.properties[target.key]) || one.id));
      this.heard();
    }
  }

  /** Ids of all rows, at most so many; null when there are more. @param {number} most @returns {Promise<string[] | null>} */
  async ids(most) {
    return this.count > most ? null : this.between(0, Math.max(0, this.count - 1));
  }

  /** Ids of the rows from one place to another, both counted; those not read yet are asked for. @param {number} first @param {number} last @returns {Promise<string[]>} */
  async between(first, last) {
    const known = [];
    for (let i = first; i <= last; i++) {
      const row = this.stretches.get(Math.floor(i / STRETCH))?.features?.[i % STRETCH];
      if (!row) break;
      known.push(row.id);
    }
    if (known.length === last - first + 1) return known;
    const { title, key, fields } = this.layer;
    const page = await ask(`layers/${this.layer.id}/features?${query({ ...this.asked, limit: last - first + 1, offset: first || null, geometry: false, count: false, fields: title || key || fields[0].id })}`);
    return page.features.map((/** @type {Feature} */ one) => one.id);
  }
}

/** Features by id, without their shapes. @param {string} layer @param {string[]} ids @returns {Promise<Feature[]>} */
export async function readNamed(layer, ids) {
  const pages = [];
  for (let start = 0; start < ids.length; start += NAMED) pages.push(ask(`layers/${layer}/features?${query({ ids: ids.slice(start, start + NAMED).join(","), limit: NAMED, geometry: false, count: false })}`));
  return (await Promise.all(pages)).flatMap((page) => page.features);
}
