// Commits as they arrive: one at once, those that come while it is taken in together after it. So the order is kept, and a thousand
// missed while the link was cut cost a few requests, not a thousand.

const MOST = 200; // features told one by one, as the feed does; beyond it their layer is read anew

/** @typedef {{id: string, op: string, bbox: [number, number, number, number] | null}} Told */
/** @typedef {{layer: string, version: number, token: string, by: string | null, features: Told[], truncated: boolean}} Change one commit to one layer */
/** @typedef {Omit<Change, "by"> & {by: string[]}} Arrived what happened to one layer, by whom; each feature once, with its last act and all its places */

export class Arrivals {
  /** @param {(arrived: Arrived) => Promise<void>} take takes in what happened to one layer */
  constructor(take) {
    this.take = take;
    /** @type {Map<string, Arrived>} */
    this.due = new Map();
    this.busy = false;
  }

  /** @param {Change} change */
  async add(change) {
    const before = this.due.get(change.layer);
    this.due.set(change.layer, before ? together(before, change) : { ...change, by: [change.by || ""] });
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next; (next = this.due.values().next().value); ) {
        this.due.delete(next.layer);
        await this.take(next);
      }
    } finally {
      this.busy = false;
    }
  }
}

/** @param {Arrived} before @param {Change} change @returns {Arrived} */
export function together(before, change) {
  const features = new Map(before.features.map((one) => [one.id, one]));
  for (const one of change.features) features.set(one.id, { ...one, bbox: around(features.get(one.id)?.bbox, one.bbox) });
  const all = [...features.values()];
  const truncated = before.truncated || change.truncated || all.length > MOST;
  return { ...change, by: [...new Set([...before.by, change.by || ""])], features: truncated ? [] : all, truncated };
}

/** The box of both. @param {Told["bbox"]} [one] @param {Told["bbox"]} [other] @returns {Told["bbox"]} */
function around(one, other) {
  if (!one || !other) return one || other || null;
  return [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])];
}
