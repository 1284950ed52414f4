// Which rows of a table are selected: by hand up to some thousands, or all that match, whatever they are.
import { state, tell } from "../state.js";

export const MOST_NAMED = 10000; // ids held one by one, and shown on the map

export class Selection {
  /** @param {string} layer @param {() => void} changed */
  constructor(layer, changed) {
    this.layer = layer;
    this.changed = changed;
    /** @type {Set<string>} */
    this.ids = new Set();
    this.all = false; // all that match, more than can be named
    /** @type {number | null} where a stretch begins that shift ends */
    this.anchor = null;
  }

  /** @param {number} matching */
  size(matching) {
    return this.all ? matching : this.ids.size;
  }

  /** @param {string} id */
  has(id) {
    return this.all || this.ids.has(id);
  }

  /** @param {string} id @param {number} index */
  turn(id, index) {
    if (this.all) return this.clear();
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = index;
    this.say();
  }

  /** Add these, or none of them when they are more than can be held: then false. @param {string[]} ids */
  add(ids) {
    const more = new Set([...this.ids, ...ids]);
    if (this.all || more.size > MOST_NAMED) return false;
    this.ids = more;
    this.say();
    return true;
  }

  /** @param {string[] | null} ids null: more than can be named */
  everything(ids) {
    this.all = !ids;
    this.ids = new Set(ids || []);
    this.say();
  }

  clear() {
    this.ids.clear();
    this.all = false;
    this.anchor = null;
    this.say();
  }

  /** @param {string[]} ids */
  drop(ids) {
    for (const id of ids) this.ids.delete(id);
    this.say();
  }

  say() {
    state.selected = this.ids.size ? { layer: this.layer, ids: new Set(this.ids) } : null;
    tell("selected");
    this.changed();
  }
}
