// The map itself: the sheets in their order, the symbols, what a click means; it draws anew when what it shows has changed.
import { config } from "../config.js";
import { on, tell } from "../state.js";
import { drawAreas, hit } from "./areas.js";
import { densityOf } from "./density.js";
import { drawBoundary, drawGround } from "./ground.js";
import { pending } from "./holdings.js";
import { drawLettering } from "./lettering.js";
import { forgetTokens } from "./paints.js";
import { latOf, lonOf, worldX, worldY } from "./project.js";
import { Sheet } from "./sheet.js";
import { Symbols, placed, viewOf } from "./symbols.js";
import { looked } from "./tiles.js";

const FOLLOW_MS = 120; // between drawings while data arrive: each takes 20-100 ms of the one thread that also reads the data
const KEPT = `onemap-view-${config.wall ? "wall-" : ""}${config.space.id}`;

export class MapView {
  /** @param {HTMLElement} container the element that folium made @param {{choose: (layer: string, id: string) => void, crowd: (all: any[]) => void, ask: (lon: number, lat: number) => void}} act */
  constructor(container, act) {
    this.act = act;
    const options = JSON.parse(container.dataset.options || "{}");
    this.map = L.map(container, { ...options, zoomControl: false, attributionControl: false, zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 90, minZoom: 4, maxZoom: 19, keyboard: true });
    this.first(options);
    for (const [name, z] of [["ground", 140], ["boundary", 340], ["areas", 370], ["zone", 380], ["lettering", 610]]) this.map.createPane(name).style.zIndex = String(z);
    this.map.getPane("markerPane").style.zIndex = "620"; // handles and corners lie above the symbols
    this.map.getPane("lettering").style.pointerEvents = "none";
    this.sheets = {
      ground: new Sheet(drawGround, { pane: "ground" }).addTo(this.map),
      boundary: new Sheet(drawBoundary, { pane: "boundary" }).addTo(this.map),
      areas: new Sheet(drawAreas, { pane: "areas" }).addTo(this.map),
    };
    this.symbols = new Symbols(this.map, act);
    this.lettering = new Sheet((/** @type {import("./sheet.js").Frame} */ frame) => this.letter(frame), { pane: "lettering", padding: 0 }).addTo(this.map);
    this.frame = 0;
    this.later = 0;
    this.drawn = -FOLLOW_MS;
    this.flying = false;
    this.busy = false; // drawing or measuring: clicks are not questions then
    this.map.on("click", (/** @type {any} */ event) => this.clicked(event));
    this.map.on("moveend", () => this.rested());
    for (const topic of /** @type {const} */ (["data", "shown", "chosen", "selected", "question", "looks"])) on(topic, () => this.redraw());
    this.redraw();
  }

  /** Where one left off, or the whole district. @param {any} options */
  first(options) {
    const hash = location.hash.match(/^#([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)/);
    const kept = hash ? hash.slice(1).map(Number) : JSON.parse(sessionStorage.getItem(KEPT) || "null");
    if (kept) this.map.setView([kept[1], kept[2]], kept[0], { animate: false });
    else if (options.center) this.map.setView(options.center, options.zoom, { animate: false });
    if (!kept) this.whole();
  }

  /** The whole district as large as it goes, not only to the next step of the zoom. */
  whole() {
    const [west, south, east, north] = config.district.bbox;
    this.fill([[south, west], [north, east]]);
  }

  /** Bounds as large as they go. @param {any} bounds */
  fill(bounds) {
    const { options } = this.map;
    const step = options.zoomSnap;
    options.zoomSnap = 0;
    this.map.fitBounds(bounds, { animate: false, maxZoom: 15 });
    options.zoomSnap = step;
  }

  /** Bring a place into the part of the map that a sheet over it leaves free. @param {number} lon @param {number} lat @param {Element} sheet */
  clear(lon, lat, sheet) {
    if (this.flying) return void this.map.once("moveend", () => this.clear(lon, lat, sheet)); // else the flight would end where the sheet lies
    const [map, over] = [this.map.getContainer().getBoundingClientRect(), sheet.getBoundingClientRect()];
    if (!over.height || over.width < map.width - 1) return; // beside the map, not over it
    const at = this.map.latLngToContainerPoint([lat, lon]);
    this.map.panBy([at.x - map.width / 2, at.y - (over.top - map.top) / 2], { animate: false });
  }

  /** Draw all that hangs on data, once a frame; while more is on its way, no oftener than one can follow. */
  redraw() {
    if (this.frame) return;
    clearTimeout(this.later);
    const rest = pending() ? this.drawn + FOLLOW_MS - performance.now() : 0;
    if (rest > 0) {
      this.later = window.setTimeout(() => this.redraw(), rest);
      return;
    }
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.map._animatingZoom) return;
      looked.view = viewOf(this.map);
      for (const sheet of Object.values(this.sheets)) sheet._update();
      this.rested();
      this.drawn = performance.now();
    });
  }

  rested() {
    looked.view = viewOf(this.map);
    this.symbols.draw();
    tell("view", { off: placed.off }); // pills and legend first: names keep clear of them
    this.lettering._update();
    const centre = this.map.getCenter();
    sessionStorage.setItem(KEPT, JSON.stringify([this.map.getZoom(), centre.lat, centre.lng]));
  }

  repaint() {
    forgetTokens();
    this.redraw();
  }

  /** @param {import("./sheet.js").Frame} frame */
  letter(frame) {
    const origin = this.map.getPixelOrigin();
    const home = this.map.getContainer().getBoundingClientRect();
    const corner = this.map.containerPointToLayerPoint([0, 0]);
    const sheet = { x: frame.left - origin.x, y: frame.top - origin.y };
    const density = densityOf(this.map.getContainer());
    const overlays = [...document.querySelectorAll(".main .float, .main .pill, .wall-card, .route-at span")].filter((one) => one instanceof HTMLElement && !one.hidden).map((one) => {
      const box = one.getBoundingClientRect();
      const [x, y] = [(/** @type {number} */ at) => (at - home.left) / density + corner.x - sheet.x, (/** @type {number} */ at) => (at - home.top) / density + corner.y - sheet.y];
      return [x(box.left) - 4, y(box.top) - 4, x(box.right) + 4, y(box.bottom) + 4];
    });
    drawLettering(frame, { dx: sheet.x, dy: sheet.y, overlays });
  }

  /** @param {any} event */
  clicked(event) {
    if (this.busy) return;
    const { lat, lng } = event.latlng;
    const view = viewOf(this.map);
    const found = hit(view, worldX(lng), worldY(lat), 6 / (256 * 2 ** this.map.getZoom()));
    if (found && !this.map.getContainer().classList.contains("aiming")) this.act.choose(found.layer, found.id);
    else this.act.ask(lng, lat);
  }

  /** Bring a place into view without leaving the zoom one works at. @param {number} lon @param {number} lat @param {number} [zoom] */
  go(lon, lat, zoom) {
    this.fly();
    this.map.flyTo([lat, lon], Math.max(zoom || 0, this.map.getZoom()), { duration: 0.2 });
  }

  /** Note that the view is on its way until it rests. */
  fly() {
    this.flying = true;
    this.map.once("moveend", () => { this.flying = false; });
  }

  /** @param {[number, number, number, number]} box west, south, east, north */
  fit([west, south, east, north]) {
    this.fly();
    this.map.flyToBounds([[south, west], [north, east]], { duration: 0.2, padding: [48, 48], maxZoom: 15 });
  }

  /** The box of the view in degrees. */
  box() {
    const view = viewOf(this.map);
    return [lonOf(view.west), latOf(view.south), lonOf(view.east), latOf(view.north)];
  }

  size() {
    this.map.invalidateSize({ animate: false });
  }
}

/** How many features of a shown layer lie in view; null while the server is asked. @param {MapView} view @param {import("./sources.js").WholeSource | import("./tiles.js").TileSource} source @returns {number | null} */
export function countInView(view, source) {
  if ("count" in source) return source.count(viewOf(view.map));
  let count = 0;
  for (const drawn of source.within(viewOf(view.map))) count += drawn.count || 1;
  return count;
}
