// How this reader has arranged the map: which layers are shown, filtered, styled, how opaque and in which order; kept for the next visit.
import { config } from "./config.js";
import { state, tell, wanted } from "./state.js";
import { askable } from "./terms.js";
import { say } from "./words.js";

/** @typedef {import("./terms.js").Term} Term @typedef {{filter: Term[], by: string | null, opacity: number}} Look */
/** @typedef {{zoom: number, center: [number, number], bbox?: number[] | null, shown: string[], order: string[], looks: Record<string, Look>, theme: string}} Arrangement */

const KEPT = `onemap-now-${config.wall ? "wall-" : ""}${config.space.past ? "past" : config.space.id}-${config.user.name}`; // every past moment is one arrangement
const PLAIN = /** @type {Look} */ ({ filter: [], by: null, opacity: 1 });

const stored = JSON.parse(localStorage.getItem(KEPT) || "{}");
state.looks = new Map(Object.entries(stored.looks || {}));
state.order = stored.order || [];
const turned = new Set(stored.turned || []);
const seen = new Set();

/** @param {string} id */
export const lookOf = (id) => state.looks.get(id) || PLAIN;

/** @param {string} id @param {Partial<Look>} part */
export function setLook(id, part) {
  const look = { ...lookOf(id), ...part };
  if (!look.filter.length && !look.by && look.opacity === 1) state.looks.delete(id);
  else state.looks.set(id, look);
  keep();
  tell("looks", id);
}

/** A layer's place among the others: higher is drawn later, above. @param {import("./types").Layer} layer */
export function rankOf(layer) {
  const moved = state.order.indexOf(layer.id);
  if (moved < 0) return layer.style.order;
  const group = state.order.filter((id) => state.layers.get(id)?.group.id === layer.group.id);
  const places = group.map((id) => state.layers.get(id)?.style.order || 0).sort((a, b) => a - b);
  return places[group.indexOf(layer.id)]; // the places of its group are dealt out anew: facts stay above the ground
}

/** A group's layers as the tree lists them: as they come, or where somebody moved one, the uppermost first. @param {import("./types").Layer[]} layers */
export const listed = (layers) => (layers.some((one) => state.order.includes(one.id)) ? [...layers].sort((a, b) => state.order.indexOf(b.id) - state.order.indexOf(a.id)) : layers);

/** Whether a layer may be moved: what lies above what is the reader's choice for facts only. @param {import("./types").Layer} layer */
export const movable = (layer) => layer.geometry !== "none" && !layer.style.paint;

/** Put a layer at a place of its group, 0 uppermost. @param {import("./types").Layer} layer @param {number} place */
export function moveTo(layer, place) {
  const group = listed([...state.layers.values()].filter((one) => one.group.id === layer.group.id && movable(one)));
  const rest = group.filter((one) => one.id !== layer.id);
  const at = Math.max(0, Math.min(rest.length, place));
  if (!movable(layer) || group.indexOf(layer) === at) return;
  rest.splice(at, 0, layer);
  state.order = [...state.order.filter((id) => state.layers.get(id)?.group.id !== layer.group.id), ...rest.map((one) => one.id).reverse()];
  keep();
  tell("looks", layer.id);
}

/** @param {import("./types").Layer} layer */
export const placeOf = (layer) => listed([...state.layers.values()].filter((one) => one.group.id === layer.group.id && movable(one))).indexOf(layer);

/** Everything about a layer as its declaration has it. @param {string} id */
export const plain = (id) => setLook(id, PLAIN);

export function keep() {
  if (config.wall) return; // it opens as declared, or as its address says, whoever looked at it before
  for (const layer of state.layers.values()) {
    if (wanted(layer.id) !== layer.style.visible) turned.add(layer.id);
    else turned.delete(layer.id);
  }
  localStorage.setItem(KEPT, JSON.stringify({ turned: [...turned], looks: Object.fromEntries(state.looks), order: state.order }));
}

/** Layers shown at first: as each says, turned about where this reader turned it. */
export function showAsKept() {
  for (const layer of state.layers.values()) if (!seen.has(layer.id) && layer.style.visible !== turned.has(layer.id)) state.shown.add(layer.id);
  for (const id of state.layers.keys()) seen.add(id);
}

/** @param {import("./map/view.js").MapView} view @returns {Arrangement} */
export function arrangement(view) {
  const { lat, lng } = view.map.getCenter();
  const round = (/** @type {number} */ value) => Math.round(value * 1e5) / 1e5;
  return { zoom: view.map.getZoom(), center: [round(lng), round(lat)], bbox: view.box().map(round), shown: [...state.layers.keys()].filter(wanted), order: state.order, looks: Object.fromEntries(state.looks), theme: document.documentElement.dataset.theme || "day" };
}

/** What of a look this reader may use: a filter on a masked or vanished field would be refused. @param {string} id @param {Look} look @param {string[]} missing */
function usable(id, look, missing) {
  const layer = /** @type {import("./types").Layer} */ (state.layers.get(id));
  const fields = new Set(askable(layer).map((field) => field.id));
  const lost = (/** @type {string} */ field) => { if (!fields.has(field)) missing.push(`${say(layer.label)} · ${say(layer.fields.find((one) => one.id === field)?.label || field)}`); return !fields.has(field); };
  return { filter: look.filter.filter((term) => !lost(term.field)), by: look.by && !lost(look.by) ? look.by : null, opacity: look.opacity };
}

/** Arrange the map so; returns what is not there for this reader: layers by id, fields of a filter by name. @param {Arrangement} wanted @param {import("./map/view.js").MapView} view */
export function arrange(wanted, view) {
  const there = (/** @type {string} */ id) => state.layers.has(id);
  state.shown = new Set(wanted.shown.filter(there));
  state.order = wanted.order.filter(there);
  const touched = new Set([...state.looks.keys(), ...Object.keys(wanted.looks)].filter(there));
  const missing = [...new Set([...wanted.shown, ...Object.keys(wanted.looks)])].filter((id) => !there(id));
  state.looks = new Map(Object.entries(wanted.looks).filter(([id]) => there(id)).map(([id, look]) => [id, usable(id, look, missing)]));
  keep();
  for (const id of touched) tell("looks", id);
  tell("shown");
  if (wanted.theme !== document.documentElement.dataset.theme) {
    document.documentElement.dataset.theme = wanted.theme;
    localStorage.setItem("onemap-theme", wanted.theme);
    dispatchEvent(new Event("onemap:theme"));
  }
  view.map.setView([wanted.center[1], wanted.center[0]], wanted.zoom, { animate: false });
  const box = wanted.bbox;
  if (box && !view.map.getBounds().contains([[box[1], box[0]], [box[3], box[2]]])) view.map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { animate: false }); // a smaller screen sees as much
  return missing;
}

/** The arrangement as text for an address. @param {Arrangement} wanted */
export const packed = (wanted) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(wanted)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** And back; null where it is none. @param {string} text @returns {Arrangement | null} */
export function unpacked(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    const found = JSON.parse(new TextDecoder().decode(bytes));
    const sound = Number.isFinite(found.zoom) && found.center?.length === 2 && found.center.every(Number.isFinite) && Array.isArray(found.shown) && Array.isArray(found.order) && Object.values(found.looks).every((/** @type {any} */ one) => Array.isArray(one.filter) && one.opacity > 0);
    return sound ? { ...found, theme: found.theme === "wall" ? "wall" : "day" } : null;
  } catch {
    return null;
  }
}
