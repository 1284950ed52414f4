// Where this person went by search, kept in this browser, apart for each space: most recent first.
import { config } from "./config.js";

const MOST = 8;
const name = () => `onemap-recent-${config.user.name}-${config.space.id || "live"}`;

/** @typedef {{kind: string, layer: string | null, id: string | null, title: string, subtitle: string, lon: number | null, lat: number | null, bbox: number[] | null, datum?: string, system?: string}} Kept */

/** @returns {Kept[]} */
export function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(name()) || "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** @param {any} found a result of the search */
export function remember({ kind, layer, id, title, subtitle, lon, lat, bbox, datum, system }) {
  const one = { kind, layer, id, title, subtitle, lon, lat, bbox, datum, system };
  const others = recent().filter((other) => other.kind !== kind || other.id !== id || other.title !== title || other.datum !== datum);
  try {
    localStorage.setItem(name(), JSON.stringify([one, ...others].slice(0, MOST)));
  } catch {
    // a full store forgets where one went, nothing else
  }
}

export const forget = () => localStorage.removeItem(name());
