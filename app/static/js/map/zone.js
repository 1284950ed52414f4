// The zone in question on the map: a circle with a handle for its radius, or a polygon drawn and reshaped with Geoman.
import { config } from "../config.js";
import { state } from "../state.js";
import { t, language } from "../words.js";
import { distanceText } from "../format.js";
import { away, circle, metresBetween } from "./project.js";

export class ZoneDrawing {
  /** @param {import("./view.js").MapView} view @param {{changed: (zone: import("../state.js").Zone) => void}} act */
  constructor(view, act) {
    this.view = view;
    this.map = view.map;
    this.act = act;
    this.group = L.featureGroup().addTo(this.map);
    this.renderer = L.svg({ pane: "zone" });
    this.shape = null;
    if (this.map.pm) {
      this.map.pm.setLang(language === "zh" ? "zh" : "en");
      this.map.pm.setGlobalOptions({ allowSelfIntersection: false, snappable: true, snapDistance: 12, continueDrawing: false });
    }
  }

  /** Show the zone as it stands; `edit` lets it be reshaped. */
  show() {
    this.group.clearLayers();
    const zone = state.zone;
    if (!zone || zone.refused) return; // what was not answered is not shown as if it had been
    const style = { className: "z-zone", pane: "zone", renderer: this.renderer, smoothFactor: 0.3, interactive: false, bubblingMouseEvents: true, pmIgnore: zone.kind === "circle" };
    if (zone.kind === "circle") {
      this.shape = L.polygon(circle(zone.lon, zone.lat, zone.radius_m), style).addTo(this.group);
      this.handle(zone);
    } else {
      this.shape = L.geoJSON(zone.geometry, { ...style, interactive: true }).getLayers()[0];
      this.shape.addTo(this.group);
      this.reshape(this.shape);
    }
  }

  /** @param {{kind: "circle", lon: number, lat: number, radius_m: number}} zone */
  handle(zone) {
    const handle = L.marker(away(zone.lon, zone.lat, 90, zone.radius_m), { draggable: true, pmIgnore: true, keyboard: false, icon: L.divIcon({ className: "handle", iconSize: [16, 16] }), title: t("zone.handle"), zIndexOffset: 2000 }).addTo(this.group);
    const read = () => Math.max(10, Math.min(config.max_buffer_m, Math.round(metresBetween(handle.getLatLng(), L.latLng(zone.lat, zone.lon)) / 10) * 10));
    handle.on("drag", () => {
      const radius = read();
      this.shape.setLatLngs(circle(zone.lon, zone.lat, radius));
      handle.bindTooltip(distanceText(radius), { direction: "right", offset: [10, 0] }).openTooltip();
    });
    handle.on("dragend", () => this.act.changed({ ...zone, radius_m: read() }));
  }

  /** @param {any} shape */
  reshape(shape) {
    if (!shape.pm) return;
    shape.pm.enable({ allowSelfIntersection: false, draggable: true, preventMarkerRemoval: false, snappable: false });
    const changed = () => this.act.changed({ kind: "polygon", geometry: shape.toGeoJSON(7).geometry });
    shape.on("pm:markerdragend pm:vertexremoved pm:dragend", changed);
  }

  /** Draw an outline with the mouse: double click or the first corner ends it. @param {"Polygon" | "Line" | "Marker"} kind @param {(geometry: any) => void} done @param {() => void} [left] */
  draw(kind, done, left) {
    this.cancel();
    this.view.busy = true;
    this.map.getContainer().classList.add("drawing", "aiming");
    const finished = (/** @type {any} */ event) => {
      const geometry = event.layer.toGeoJSON(7).geometry;
      event.layer.remove();
      this.end();
      done(geometry);
    };
    this.ended = () => {
      this.map.off("pm:create", finished);
      this.map.pm.disableDraw();
      this.map.getContainer().classList.remove("drawing", "aiming");
      setTimeout(() => (this.view.busy = false), 50); // the click that ends the drawing is not a question
      left?.();
    };
    this.map.once("pm:create", finished);
    const path = { className: "z-zone" };
    this.map.pm.enableDraw(kind, { pathOptions: path, templineStyle: { className: "z-measure" }, hintlineStyle: { className: "z-measure" }, tooltips: false, cursorMarker: kind === "Marker", markerStyle: { icon: L.divIcon({ className: "handle", iconSize: [16, 16] }) } });
  }

  get drawing() {
    return Boolean(this.ended);
  }

  end() {
    const ended = this.ended;
    this.ended = undefined;
    ended?.();
  }

  cancel() {
    this.end();
  }
}
