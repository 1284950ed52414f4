// The shape one edits, on the map: a point to drag, corners to move, neighbours to snap to, and where it was before.
import { ask, query } from "../api.js";
import { image } from "../dom.js";
import { Ghosts } from "../map/ghosts.js";
import { t } from "../words.js";
import { state } from "../state.js";

const NEIGHBOURS = 200; // shapes of a layer that corners snap to; more would make each drag slow
const MOST_CORNERS = 400; // corners shown at once, those nearest the pointer
const HANDLE = 40; // px: a symbol and its ring

export class Shaper {
  /** @param {import("../map/view.js").MapView} view @param {string} picture @param {(geometry: any) => void} changed */
  constructor(view, picture, changed) {
    this.map = view.map;
    this.picture = picture;
    this.changed = changed;
    this.renderer = L.svg({ pane: "zone" });
    this.before = new Ghosts(this.map);
    this.group = L.featureGroup().addTo(this.map);
    this.around = L.featureGroup().addTo(this.map);
    this.shape = null;
  }

  /** @param {any} geometry what it is now @param {any} before what is stored @param {{geometry: any, words: string}[]} [others] pieces, another's version */
  show(geometry, before, others = []) {
    this.group.clearLayers();
    this.before.clear();
    this.shape = null;
    if (before && JSON.stringify(before) !== JSON.stringify(geometry)) {
      this.before.add(before, t("edit.before"));
      this.before.join(before, geometry);
    }
    for (const one of others) this.before.add(one.geometry, one.words);
    if (!geometry) return;
    if (geometry.type === "Point") this.point(geometry);
    else if (geometry.type === "MultiPoint") geometry.coordinates.forEach((/** @type {number[]} */ at, /** @type {number} */ i) => this.point({ type: "Point", coordinates: at }, (moved) => this.changed({ ...geometry, coordinates: geometry.coordinates.map((/** @type {number[]} */ one, /** @type {number} */ j) => (i === j ? moved : one)) })));
    else this.path(geometry);
  }

  /** @param {any} geometry @param {(at: number[]) => void} [moved] */
  point(geometry, moved = (at) => this.changed({ type: "Point", coordinates: at })) {
    const [lon, lat] = geometry.coordinates;
    const icon = L.divIcon({ className: "edited", iconSize: [HANDLE, HANDLE], html: image(this.picture) });
    const marker = L.marker([lat, lon], { icon, draggable: true, autoPan: true, keyboard: true, title: t("edit.drag"), alt: t("edit.drag"), zIndexOffset: 3000, pmIgnore: true, snapIgnore: true }).addTo(this.group);
    marker.on("dragend", () => { const at = marker.getLatLng(); moved([at.lng, at.lat]); });
    marker.on("keydown", (/** @type {any} */ event) => this.nudge(event.originalEvent, marker, moved));
  }

  /** Arrow keys move a point by a pixel, with Shift by ten. @param {KeyboardEvent} event @param {any} marker @param {(at: number[]) => void} moved */
  nudge(event, marker, moved) {
    const way = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] })[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? 10 : 1;
    const at = this.map.unproject(this.map.project(marker.getLatLng()).add([way[0] * far, way[1] * far]));
    moved([at.lng, at.lat]);
    this.group.getLayers()[0]?.getElement()?.focus();
  }

  /** @param {any} geometry */
  path(geometry) {
    const shape = L.geoJSON(geometry, { className: "z-edit", pane: "zone", renderer: this.renderer, smoothFactor: 0, snapIgnore: true, bubblingMouseEvents: false }).getLayers()[0];
    shape.addTo(this.group);
    this.shape = shape;
    shape.pm.enable({ allowSelfIntersection: false, snappable: true, snapDistance: 12, preventMarkerRemoval: false, removeLayerBelowMinVertexCount: false, limitMarkersToCount: MOST_CORNERS });
    shape.on("pm:edit pm:vertexremoved pm:dragend", () => this.changed(shape.toGeoJSON(false).geometry));
  }

  /** Move the whole shape with the pointer, once. */
  drag() {
    if (!this.shape) return;
    this.shape.pm.disable();
    this.shape.pm.enableLayerDrag();
  }

  /** What lies around, invisible, for corners to snap to. */
  async neighbours() {
    const bounds = this.map.getBounds();
    const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((one) => one.toFixed(6)).join(",");
    const layers = [...state.layers.values()].filter((one) => state.shown.has(one.id) && !["point", "none"].includes(one.geometry) && (!one.style.paint || one.style.paint === "b-bound"));
    const pages = await Promise.all(layers.map((one) => ask(`layers/${one.id}/features?${query({ bbox: box, limit: NEIGHBOURS, fields: one.title || one.key, count: false })}`).catch(() => ({ features: [] }))));
    this.around.clearLayers();
    for (const page of pages) for (const one of page.features) if (one.id !== state.editing?.id && one.geometry) L.geoJSON(one, { className: "z-snap", pane: "zone", renderer: this.renderer, interactive: false, pmIgnore: true, snapIgnore: false, pointToLayer: () => L.layerGroup() }).addTo(this.around);
  }

  remove() {
    this.shape?.pm.disable();
    this.before.remove();
    for (const one of [this.group, this.around]) one.clearLayers().remove();
  }
}
