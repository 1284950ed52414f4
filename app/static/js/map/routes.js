// What an answer by road looks like on the map: routes with their minutes, barriers drawn by hand, areas reached in time.
import { el } from "../dom.js";
import { minutesText } from "../format.js";
import { on } from "../state.js";
import { t } from "../words.js";
import { placed } from "./symbols.js";

const SPOTS = 24; // places of a route at which its minutes may stand
const KEEP_PX = 14; // they keep so far from symbols, from one another and from the edge

/** @param {import("./view.js").MapView} view @param {import("../panels/question.js").Question} question */
export function routes(view, question) {
  view.map.createPane("routes").style.zIndex = "390"; // above zones, below names and symbols
  const renderer = L.svg({ pane: "routes" });
  const [paths, tags] = [L.featureGroup().addTo(view.map), L.featureGroup().addTo(view.map)];
  const how = (/** @type {string} */ className) => ({ className, pane: "routes", renderer, interactive: false, pmIgnore: true, smoothFactor: 0.5 });
  const draw = () => {
    paths.clearLayers();
    const { driving } = question;
    if (driving.byRoad) {
      for (const area of reached(question)) L.geoJSON(area.geometry, how("reach-area")).addTo(paths);
      for (const barrier of driving.barriers) L.geoJSON(barrier, how("barrier")).addTo(paths);
      const lines = shown(question);
      for (const one of lines) L.polyline(one.line, how("route-case")).addTo(paths);
      for (const one of lines) L.polyline(one.line, how("route-line")).addTo(paths);
    }
    name();
  };
  const tag = (/** @type {any} */ at, /** @type {string} */ words, /** @type {string} */ kind) => {
    const icon = L.divIcon({ className: "route-at", iconSize: [0, 0], html: el("span", { class: kind, text: words }) });
    L.marker(at, { icon, interactive: false, keyboard: false, pmIgnore: true, zIndexOffset: 500 }).addTo(tags);
  };
  /** Minutes stand where the route is in view and nothing else is. */
  const name = () => {
    tags.clearLayers();
    if (!question.driving.byRoad) return;
    const taken = [...placed.taken, ...overlays(view.map)];
    for (const area of reached(question)) {
      const spot = topOf(view.map, area.geometry, taken);
      if (spot) tag(spot, t("driving.within", { n: area.properties.minutes }), "reach-tag");
    }
    for (const one of shown(question)) {
      const spot = spotOn(view.map, one.line, taken);
      if (spot) tag(spot, minutesText(one.seconds), "route-tag");
    }
  };
  on("question", draw);
  on("chosen", draw);
  on("view", name);
}

/** Areas from the widest to the narrowest. @param {import("../panels/question.js").Question} question */
const reached = (question) => (question.driving.areas?.features || []).filter((/** @type {any} */ area) => area.geometry).reverse();

/** The way of the soonest of each layer, and of the row that is pointed at. @param {import("../panels/question.js").Question} question @returns {{line: number[][], seconds: number}[]} */
function shown(question) {
  if (question.tab === "shelter") return []; // the ways of the plan are drawn there
  const chosen = (question.nearest?.features || []).filter((/** @type {any} */ feature) => feature.properties.route && (feature.properties.rank === 1 || feature.id === question.pointed));
  return chosen.map((/** @type {any} */ feature) => ({ line: feature.properties.route.coordinates.map((/** @type {number[]} */ [lon, lat]) => [lat, lon]), seconds: feature.properties.duration_s }));
}

/** What floats over the map, as boxes in pixels of its layers. @param {any} map */
function overlays(map) {
  const [home, corner] = [map.getContainer().getBoundingClientRect(), map.containerPointToLayerPoint([0, 0])];
  return [...document.querySelectorAll(".main .float, .main .pill")].filter((one) => one instanceof HTMLElement && !one.hidden).map((one) => {
    const box = one.getBoundingClientRect();
    return [box.left - home.left + corner.x, box.top - home.top + corner.y, box.right - home.left + corner.x, box.bottom - home.top + corner.y];
  });
}

/** The first of these places that is in view and free; it is then taken. @param {any} map @param {any[]} places in pixels of the map's layers @param {number[][]} taken @param {number} half width of what will stand there */
function firstFree(map, places, taken, half) {
  const size = map.getSize();
  for (const at of places) {
    const { x, y } = map.layerPointToContainerPoint(at);
    const box = [at.x - half, at.y - KEEP_PX, at.x + half, at.y + KEEP_PX];
    if (x < half || y < KEEP_PX || x > size.x - half || y > size.y - KEEP_PX) continue;
    if (taken.some((one) => one[0] < box[2] && one[2] > box[0] && one[1] < box[3] && one[3] > box[1])) continue;
    taken.push(box);
    return at;
  }
  return null;
}

/** Where the minutes of a line stand: near its middle where that is free, over a symbol only where all is taken. @param {any} map @param {number[][]} line lat, lon @param {number[][]} taken */
function spotOn(map, line, taken) {
  const places = along(line.map((at) => map.latLngToLayerPoint(at)));
  const spot = firstFree(map, places, taken, 2 * KEEP_PX) || firstFree(map, places, overlays(map), 2 * KEEP_PX);
  return spot && map.layerPointToLatLng(spot);
}

/** Places along a line, the middle first; none of one too short for a name. @param {any[]} points */
function along(points) {
  const ends = [0];
  for (let i = 1; i < points.length; i++) ends.push(ends[i - 1] + points[i].distanceTo(points[i - 1]));
  const whole = ends[ends.length - 1];
  if (whole < 2 * KEEP_PX) return [];
  const shares = Array.from({ length: SPOTS - 1 }, (_, i) => (i + 1) / SPOTS).sort((a, b) => Math.abs(a - 0.5) - Math.abs(b - 0.5));
  return shares.map((share) => {
    const leg = Math.max(1, ends.findIndex((end) => end >= share * whole));
    const part = (share * whole - ends[leg - 1]) / (ends[leg] - ends[leg - 1] || 1);
    return points[leg - 1].add(points[leg].subtract(points[leg - 1]).multiplyBy(part));
  });
}

/** Where the name of an area stands: on its edge, as far north as is in view and free. @param {any} map @param {any} geometry @param {number[][]} taken */
function topOf(map, geometry, taken) {
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((/** @type {any} */ one) => one[0]);
  const edge = rings.flat().sort((/** @type {number[]} */ a, /** @type {number[]} */ b) => b[1] - a[1]);
  const spot = firstFree(map, edge.map((/** @type {number[]} */ [lon, lat]) => map.latLngToLayerPoint([lat, lon])), taken, 4 * KEEP_PX);
  return spot && map.layerPointToLatLng(spot);
}
