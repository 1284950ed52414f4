// The sources of all layers: made as layers come, loaded as they are shown, moved on as the feed tells.
import { lookOf, rankOf } from "../looks.js";
import { on, state } from "../state.js";
import { LARGE, WholeSource } from "./sources.js";
import { TileSource } from "./tiles.js";

/** @type {Map<string, WholeSource | TileSource>} */
const sources = new Map();

/** @param {string} id */
export const sourceOf = (id) => sources.get(id);

/** Keep a source for each layer that has shapes; a layer that grew large changes its kind. */
export function keepSources() {
  for (const layer of state.layers.values()) {
    if (layer.geometry === "none") continue;
    const now = sources.get(layer.id);
    const large = layer.count > LARGE;
    if (!now || now instanceof TileSource !== large) sources.set(layer.id, large ? new TileSource(layer) : new WholeSource(layer));
    else {
      const anew = now.ready && defined(now.layer) !== defined(layer);
      now.layer = layer;
      if (anew && now instanceof TileSource) sources.set(layer.id, new TileSource(layer));
      else if (anew) now.restate(true); // titles and shades are read with the features
      else if (lookOf(layer.id).filter.some((term) => term.op === "age")) now.restate(); // a band moves on with the clock
    }
  }
  for (const id of sources.keys()) if (!state.layers.has(id)) sources.delete(id);
  loadShown();
}

/** What of a layer is drawn from its declaration. @param {import("../types").Layer} layer */
const defined = (layer) => JSON.stringify([layer.title, layer.summary, layer.style, layer.fields.map((one) => one.id)]);

/** A layer is read when it is first shown. */
export function loadShown() {
  for (const [id, source] of sources) if (state.shown.has(id) && !source.ready && !source.failed) source.load();
}

/** Read again what failed. */
export function retry() {
  for (const source of sources.values()) if (source.failed && state.shown.has(source.layer.id)) source.load();
}

/** Read all again: the feed lost its place. */
export const reloadAll = () => Promise.all([...sources.values()].filter((one) => one.ready).map((one) => one.load()));

on("shown", loadShown);
on("looks", (id) => sources.get(id)?.restate());

/** Shown layers in the order they are drawn. @returns {(WholeSource | TileSource)[]} */
export const shownSources = () => [...sources.values()].filter((one) => state.shown.has(one.layer.id)).sort((a, b) => rankOf(a.layer) - rankOf(b.layer));

export const pending = () => [...sources.values()].filter((one) => state.shown.has(one.layer.id) && one.waiting).length;
export const broken = () => [...sources.values()].filter((one) => state.shown.has(one.layer.id) && one.failed).length;
