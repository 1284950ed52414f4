// Shapes that are not (or no longer, or not yet) so: dashed, with a word beside each; they answer no click.
import { el } from "../dom.js";

const STILL = { interactive: false, keyboard: false, pmIgnore: true, snapIgnore: true };

export class Ghosts {
  /** @param {any} map */
  constructor(map) {
    this.group = L.featureGroup().addTo(map);
    this.renderer = L.svg({ pane: "zone" });
  }

  get style() {
    return { ...STILL, className: "z-before", pane: "zone", renderer: this.renderer };
  }

  /** @param {any} geometry @param {string} words */
  add(geometry, words) {
    const icon = L.divIcon({ className: "was-here", iconSize: [10, 10], html: el("span", { text: words }) });
    const shape = L.geoJSON(geometry, { ...this.style, pointToLayer: (/** @type {any} */ _, /** @type {any} */ at) => L.marker(at, { ...STILL, icon }) }).addTo(this.group);
    if (!/Point/.test(geometry.type)) L.marker(shape.getBounds().getCenter(), { ...STILL, icon: L.divIcon({ className: "was-here bare", iconSize: [0, 0], html: el("span", { text: words }) }) }).addTo(this.group);
  }

  /** A dashed line from one point to another. @param {any} from @param {any} to */
  join(from, to) {
    if (from.type === "Point" && to?.type === "Point") L.polyline([from, to].map((one) => [one.coordinates[1], one.coordinates[0]]), this.style).addTo(this.group);
  }

  clear() {
    this.group.clearLayers();
  }

  remove() {
    this.group.clearLayers().remove();
  }
}
