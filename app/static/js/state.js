// What the page knows and shows; parts listen for what concerns them.

/** @typedef {{lon: number, lat: number, name?: string, layer?: string, id?: string, note?: string}} Place */
/** @typedef {({kind: "circle", lon: number, lat: number, radius_m: number} | {kind: "polygon", geometry: any}) & {refused?: boolean}} Zone */

export const state = {
  /** @type {Map<string, import("./types").Layer>} */
  layers: new Map(),
  /** Why the layers could not be read, while there are none. @type {any} */
  failure: null,
  /** @type {Set<string>} */
  shown: new Set(),
  /** Layers that gave way to something for a while; for what is kept and shared they count as shown. @type {Set<string>} */
  aside: new Set(),
  /** @type {{layer: string, id: string} | null} */
  chosen: null,
  /** Rows selected in a table, marked on the map. @type {{layer: string, ids: Set<string>} | null} */
  selected: null,
  /** The feature in hand: not drawn where it is stored, for it is drawn as it is being changed. @type {{layer: string, id: string} | null} */
  editing: null,
  /** @type {Place | null} */
  place: null,
  /** @type {Zone | null} */
  zone: null,
  /** The zone as the server drew it: a polygon. @type {any} */
  zoneShape: null,
  /** Marks of the answer on the map: `layer/id` -> rank or "out". @type {Map<string, {rank?: number, out?: boolean, inside?: boolean, distance_m?: number, duration_s?: number | null, feature?: import("./types").Feature}>} */
  marks: new Map(),
  /** Filter, classes and opacity of each layer that is not shown plainly. @type {Map<string, import("./looks.js").Look>} */
  looks: new Map(),
  /** Layers that somebody put in order, the lowest first. @type {string[]} */
  order: [],
  /** @type {Set<string>} */
  folded: new Set(),
};

/** @typedef {"layers" | "shown" | "chosen" | "selected" | "question" | "data" | "counts" | "view" | "live" | "drafts" | "here" | "looks"} Topic */
/** @type {Map<string, Set<(detail?: any) => void>>} */
const listeners = new Map();

/** @param {Topic} topic @param {(detail?: any) => void} hear */
export function on(topic, hear) {
  const heard = listeners.get(topic) || new Set();
  heard.add(hear);
  listeners.set(topic, heard);
  return () => heard.delete(hear);
}

/** @param {Topic} topic @param {any} [detail] */
export const tell = (topic, detail) => listeners.get(topic)?.forEach((hear) => hear(detail));

/** @param {string} layer @param {string} id */
export const nameOf = (layer, id) => `${layer}/${id}`;

/** Whether a feature is being edited. @param {string} layer @param {string} id */
export const inHand = (layer, id) => Boolean(id) && state.editing?.id === id && state.editing.layer === layer;

/** Whether a feature is selected in the table. @param {string} layer @param {string} id */
export const isSelected = (layer, id) => Boolean(id) && state.selected?.layer === layer && state.selected.ids.has(id);

/** @param {string | undefined | null} id */
export const layerOf = (id) => (id ? state.layers.get(id) : undefined);

/** Layers drawn as facts (not as the ground). @returns {import("./types").Layer[]} */
export const factLayers = () => [...state.layers.values()].filter((layer) => layer.geometry !== "none" && !layer.style.paint);

/** Let shown layers give way for a while. @param {string[]} layers */
export function setAside(layers) {
  for (const id of layers.filter((one) => state.shown.has(one))) {
    state.aside.add(id);
    show(id, false);
  }
}

/** Those that gave way are shown again. */
export function takeBack() {
  for (const id of [...state.aside]) {
    state.aside.delete(id);
    show(id, true);
  }
}

/** Whether a reader has a layer shown, or would but for what it gave way to. @param {string} id */
export const wanted = (id) => state.shown.has(id) || state.aside.has(id);

/** @param {{layer: string, id: string} | null} chosen */
export function choose(chosen) {
  state.chosen = chosen;
  tell("chosen");
}

/** @param {string} layer @param {boolean} shown */
export function show(layer, shown) {
  if (shown) state.shown.add(layer);
  else state.shown.delete(layer);
  tell("shown", layer);
}
