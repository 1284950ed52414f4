// What somebody has changed and not yet saved: steps that can be undone, kept in this browser until saved or thrown away.
import { config } from "../config.js";
import { tell } from "../state.js";

const MOST_STEPS = 100;
const SHELF = `onemap-draft/${config.space.id}/${config.user.name}/`;

/** A second feature of the same save: a piece split off, a neighbour merged away.
 * @typedef {{op: "insert", geometry: any} | {op: "delete", id: string, version: number, title: string}} Beside */
/** @typedef {{properties: Record<string, any>, geometry: any, beside: Beside[], of?: string}} Step */
/** @typedef {{layer: string, id: string | null, copyOf: string | null, version: number, title: string, at: string, reason: string, key: string, was: {properties: Record<string, any>, geometry: any}, step: Step}} Kept */

const fresh = () => (crypto.randomUUID ? crypto.randomUUID() : String(Math.random()));
const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export class Draft {
  /** @param {Kept} kept */
  constructor(kept) {
    this.layer = kept.layer;
    this.id = kept.id;
    this.copyOf = kept.copyOf;
    this.version = kept.version;
    this.title = kept.title;
    this.at = kept.at;
    this.reason = kept.reason;
    this.key = kept.key;
    this.was = kept.was;
    /** @type {Step[]} */
    this.steps = [{ properties: {}, geometry: kept.was.geometry, beside: [] }];
    if (!same(kept.step, this.steps[0])) this.steps.push(kept.step);
    this.place = this.steps.length - 1;
    this.full = false; // the browser would not keep it
    /** @type {() => void} */
    this.heard = () => undefined;
  }

  /** Of a feature as it is, or of a new one. @param {string} layer @param {import("../types").Feature | null} feature @param {string} title @param {any} [geometry] @param {{id: string, properties: Record<string, any>}} [copyOf] the feature whose values a new one starts from */
  static of(layer, feature, title, geometry = null, copyOf = undefined) {
    const was = { properties: feature?.properties || copyOf?.properties || {}, geometry: feature?.geometry ?? null };
    const made = new Draft({ layer, id: feature?.id || null, copyOf: copyOf?.id || null, version: Number(feature?.properties.version || 0), title, at: "", reason: "", key: fresh(), was, step: { properties: {}, geometry: was.geometry, beside: [] } });
    if (geometry) made.reshape(geometry);
    return made;
  }

  /** The one that was left, or null. @param {string} layer @param {string | null} id */
  static kept(layer, id) {
    const text = localStorage.getItem(shelf(layer, id));
    return text ? new Draft(JSON.parse(text)) : null;
  }

  get now() {
    return this.steps[this.place];
  }

  /** @param {string} field */
  value(field) {
    return field in this.now.properties ? this.now.properties[field] : this.was.properties[field] ?? null;
  }

  get moved() {
    return !same(this.now.geometry, this.was.geometry);
  }

  /** How many things differ from what is stored. */
  get count() {
    return Object.keys(this.now.properties).length + Number(this.moved) + this.now.beside.length;
  }

  /** @param {string} field @param {any} value */
  set(field, value) {
    const properties = { ...this.now.properties, [field]: value };
    if (same(value, this.was.properties[field])) delete properties[field];
    this.step({ ...this.now, properties, of: field });
  }

  /** @param {any} geometry @param {Beside[]} [beside] */
  reshape(geometry, beside = this.now.beside) {
    if (!same(geometry, this.now.geometry) || beside !== this.now.beside) this.step({ ...this.now, geometry, beside, of: undefined });
  }

  /** @param {Step} next typing on in one field is one step */
  step(next) {
    const goesOn = next.of && this.now.of === next.of && this.place > 0;
    this.steps.splice(goesOn ? this.place : this.place + 1, Infinity, next);
    if (this.steps.length > MOST_STEPS) this.steps.splice(1, 1);
    this.place = this.steps.length - 1;
    this.changed();
  }

  get undoable() {
    return this.place > 0;
  }

  get redoable() {
    return this.place < this.steps.length - 1;
  }

  /** @param {1 | -1} by */
  go(by) {
    this.place = Math.max(0, Math.min(this.steps.length - 1, this.place + by));
    this.changed();
  }

  /** Stand on what somebody else has saved meanwhile; one's own changes stay, those that agree with it are no longer changes.
   * @param {import("../types").Feature} theirs @param {boolean} mineMoved whether one's own shape stays */
  rebase(theirs, mineMoved) {
    const { properties, geometry } = this.now;
    this.was = { properties: theirs.properties, geometry: theirs.geometry };
    this.version = Number(theirs.properties.version);
    const kept = Object.fromEntries(Object.entries(properties).filter(([field, value]) => !same(value, theirs.properties[field])));
    this.steps = [{ properties: {}, geometry: theirs.geometry, beside: [] }, { properties: kept, geometry: mineMoved ? geometry : theirs.geometry, beside: this.now.beside }];
    this.place = 1;
    this.changed();
  }

  /** @param {string} reason */
  because(reason) {
    this.reason = reason;
    this.key = fresh();
    this.keep();
  }

  changed() {
    this.key = fresh(); // another content is another request
    this.keep();
    this.heard();
  }

  keep() {
    if (!this.count) return this.drop();
    this.at = new Date().toISOString();
    const { layer, id, copyOf, version, title, at, reason, key, was, now } = this;
    try {
      localStorage.setItem(shelf(layer, id), JSON.stringify({ layer, id, copyOf, version, title, at, reason, key, was, step: now }));
      this.full = false;
    } catch {
      this.full = true;
    }
    tell("drafts");
    return undefined;
  }

  drop() {
    localStorage.removeItem(shelf(this.layer, this.id));
    tell("drafts");
  }
}

/** @param {string} layer @param {string | null} id */
const shelf = (layer, id) => `${SHELF}${layer}/${id || "new"}`;

/** All that were left in this space, the latest first. @returns {Draft[]} */
export function drafts() {
  const found = Object.keys(localStorage).filter((name) => name.startsWith(SHELF)).map((name) => new Draft(JSON.parse(localStorage.getItem(name) || "")));
  return found.sort((a, b) => b.at.localeCompare(a.at));
}
