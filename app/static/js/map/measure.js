// Measure a line on the map: click corners, double click or Enter ends; Esc leaves.
import { distanceText } from "../format.js";
import { metresBetween } from "./project.js";

export class Measure {
  /** @param {import("./view.js").MapView} view @param {(words: string | null) => void} say */
  constructor(view, say) {
    this.view = view;
    this.say = say;
    this.group = L.featureGroup();
    /** @type {any[]} */
    this.corners = [];
    this.renderer = L.svg({ pane: "zone" });
    this.on = false;
    this.click = (/** @type {any} */ event) => this.add(event.latlng);
    this.move = (/** @type {any} */ event) => this.draw(event.latlng);
  }

  start() {
    this.on = true;
    this.view.busy = true;
    this.corners = [];
    this.view.map.getContainer().classList.add("aiming", "drawing");
    this.group.addTo(this.view.map);
    this.view.map.on("click", this.click).on("mousemove", this.move);
    this.view.map.doubleClickZoom.disable();
    this.say(distanceText(0));
  }

  /** @param {any} at */
  add(at) {
    this.corners.push(at);
    this.draw(at);
  }

  /** @param {any} at */
  draw(at) {
    const line = [...this.corners, at];
    this.group.clearLayers();
    L.polyline(line, { className: "z-measure", pane: "zone", renderer: this.renderer, interactive: false, pmIgnore: true }).addTo(this.group);
    this.say(distanceText(line.slice(1).reduce((sum, one, i) => sum + metresBetween(line[i], one), 0)));
  }

  stop() {
    if (!this.on) return;
    this.on = false;
    this.view.busy = false;
    this.view.map.getContainer().classList.remove("aiming", "drawing");
    this.view.map.off("click", this.click).off("mousemove", this.move);
    this.view.map.doubleClickZoom.enable();
    this.group.clearLayers().remove();
    this.say(null);
  }
}
