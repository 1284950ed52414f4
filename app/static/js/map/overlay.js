// What an answer draws over the map: ways with their numbers, zones that would follow, places that are reached or not. Answers no click but its own.
import { el } from "../dom.js";

const STILL = { interactive: false, keyboard: false, pmIgnore: true, snapIgnore: true };

export class Overlay {
  /** @param {any} map */
  constructor(map) {
    this.group = L.featureGroup().addTo(map);
    this.renderer = L.svg({ pane: "zone" });
    /** Tags in the order of their weight. @type {any[]} */
    this.tags = [];
    map.on("zoomend", () => this.declutter());
  }

  /** @param {string} className */
  style(className) {
    return { ...STILL, className, pane: "zone", renderer: this.renderer };
  }

  /** A way from place to place, `width` px wide, with a tag in its middle. @param {[number, number][]} line lon, lat @param {string} tag @param {number} width */
  way(line, tag, width) {
    const at = line.map(([lon, lat]) => [lat, lon]);
    L.polyline(at, { ...this.style("z-way-case"), weight: width + 3.5 }).addTo(this.group);
    L.polyline(at, { ...this.style("z-way"), weight: width }).addTo(this.group);
    if (tag) this.tag([(line[0][0] + line[1][0]) / 2, (line[0][1] + line[1][1]) / 2], tag, "way-tag");
  }

  /** An outline. @param {any} geometry @param {string} className @param {string} [words] */
  zone(geometry, className, words) {
    const shape = L.geoJSON(geometry, this.style(className)).addTo(this.group);
    const north = shape.getBounds();
    if (words) this.tag([north.getCenter().lng, north.getNorth()], words, "zone-tag");
  }

  /** Words at a place. @param {[number, number]} at lon, lat @param {string} words @param {string} className */
  tag([lon, lat], words, className) {
    const icon = L.divIcon({ className, iconSize: [0, 0], html: el("span", { text: words }) });
    this.tags.push(L.marker([lat, lon], { ...STILL, icon, zIndexOffset: 500 }).addTo(this.group));
  }

  /** Of tags that lie on each other the first one stays. */
  declutter() {
    /** @type {number[][]} */
    const taken = [];
    for (const tag of this.tags) {
      const element = tag.getElement();
      if (!element) continue;
      element.hidden = false;
      const { left, top, right, bottom } = element.firstElementChild.getBoundingClientRect();
      element.hidden = taken.some(([w, n, e, s]) => left < e + 2 && right > w - 2 && top < s + 2 && bottom > n - 2);
      if (!element.hidden) taken.push([left, top, right, bottom]);
    }
  }

  /** A ring on a place, its look by class. @param {[number, number]} at lon, lat @param {string} className @param {number} radius px */
  ring([lon, lat], className, radius) {
    L.circleMarker([lat, lon], { ...this.style(className), radius }).addTo(this.group);
  }

  clear() {
    this.group.clearLayers();
    this.tags = [];
  }
}
