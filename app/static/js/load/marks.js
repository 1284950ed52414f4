// The rows of a rehearsed file on the map: + ~ − and numbered problems, arrows of a suspected shift, and what the marks mean.
import { add, el, fill, image } from "../dom.js";
import { distanceText, number } from "../format.js";
import { t } from "../words.js";
import { symbolOf } from "../panels/rows.js";

/** @typedef {"new" | "changed" | "unchanged" | "absent" | "problem"} Fate */
/** @type {Record<Fate, string>} */
export const SIGNS = { new: "+", changed: "~", unchanged: "=", absent: "−", problem: "!" };
const CROWD = 600; // more rows than this are drawn as dots, but for the problems
const LONGER = 4; // a shift of 500 m is a few pixels in a view of the whole district
const QUIET = { keyboard: false, pmIgnore: true, snapIgnore: true };

/** @param {Fate} op @param {number} [place] of a problem */
export const sign = (op, place) => el("i", { class: `sign ${op}`, text: op === "problem" && place ? place : SIGNS[op], "aria-hidden": "true" });

/** The number under which a person finds a row in the file: in a table its header counts. @param {any} seen @param {number} row */
export const lineOf = (seen, row) => (seen.first_line ? seen.first_line + row - 1 : row);

export class Marks {
  /** @param {import("../map/view.js").MapView} view @param {HTMLElement} main */
  constructor(view, main) {
    this.view = view;
    this.group = L.featureGroup().addTo(view.map);
    this.renderer = L.svg({ pane: "zone" });
    const over = view.map.getPane("shift") || view.map.createPane("shift"); // arrows lie over the symbols that they start from
    over.classList.add("over-symbols");
    this.over = L.svg({ pane: "shift" });
    this.legend = el("section", { class: "float card legend rehearsal-legend", "aria-label": t("legend.title") });
    add(main, this.legend);
    /** @type {Map<string, {marker: any, op: Fate, at: [number, number]}>} */
    this.known = new Map();
  }

  /** @param {import("../types").Layer | undefined} layer @param {any} seen @param {Map<number, number>} places row -> number of its problem @param {(feature: any) => void} chosen */
  show(layer, seen, places, chosen) {
    this.group.clearLayers();
    this.known.clear();
    const features = (seen.rows?.features || []).filter((/** @type {any} */ one) => one.geometry);
    const crowd = features.length > CROWD;
    const picture = layer ? symbolOf(layer, {}) : "";
    for (const feature of features) {
      const { op, row, id } = feature.properties;
      const [lon, lat] = feature.geometry.coordinates;
      const name = op === "absent" ? `id-${id}` : `row-${row}`;
      const marker = crowd && op !== "problem" ? this.dot(op, [lat, lon]) : this.symbol(picture, op, [lat, lon], places.get(row), lineOf(seen, row));
      marker.on("click", () => chosen(feature));
      if (feature.properties.outline) L.geoJSON(feature.properties.outline, { ...QUIET, interactive: false, style: { pane: "zone", renderer: this.renderer, className: `z-outline ${op}` } }).addTo(this.group);
      marker.addTo(this.group);
      this.known.set(name, { marker, op, at: [lat, lon] });
    }
    for (const [fromLon, fromLat, toLon, toLat] of (seen.shift?.arrows || []).slice(0, CROWD)) this.arrow([toLat, toLon], [toLat + (toLat - fromLat) * LONGER, toLon + (toLon - fromLon) * LONGER]);
    this.explain(seen);
  }

  /** @param {string} op @param {[number, number]} at */
  dot(op, at) {
    return L.circleMarker(at, { ...QUIET, pane: "zone", renderer: this.renderer, radius: op === "unchanged" ? 3 : 5, className: `z-row ${op}` });
  }

  /** @param {string} picture @param {Fate} op @param {[number, number]} at @param {number | undefined} place @param {number} row */
  symbol(picture, op, at, place, row) {
    const html = el("span", { class: `row-mark ${op}` }, picture && image(picture), op === "unchanged" ? null : sign(op, place), op === "problem" ? el("b", { class: "plate", text: t("load.row", { row }) }) : null);
    return L.marker(at, { ...QUIET, icon: L.divIcon({ className: "row-icon", iconSize: [24, 24], html }), zIndexOffset: op === "problem" ? 2000 : op === "absent" ? -500 : op === "unchanged" ? 0 : 500, title: op === "problem" ? "" : SIGNS[op] });
  }

  /** @param {[number, number]} from @param {[number, number]} to */
  arrow(from, to) {
    const style = { ...QUIET, interactive: false, pane: "shift", renderer: this.over, className: "z-shift" };
    const head = (/** @type {number} */ turn) => {
      const [dy, dx] = [(to[0] - from[0]) * 1.3, to[1] - from[1]]; // a degree of latitude is longer than one of longitude here
      const [s, c] = [Math.sin(turn), Math.cos(turn)];
      return [to[0] - ((dy * c + dx * s) * 0.3) / 1.3, to[1] - (dx * c - dy * s) * 0.3];
    };
    L.polyline([[from, to], [head(0.45), to, head(-0.45)]], style).addTo(this.group);
  }

  /** @param {any} seen */
  explain(seen) {
    const counts = seen.compare || {};
    const rows = /** @type {(Fate)[]} */ (["new", "changed", "absent", "problem"]).map((op) => [op, counts[op === "problem" ? "problems" : op]]).filter(([, n]) => n);
    fill(this.legend, el("ul", {}, rows.map(([op, n]) => el("li", {}, sign(op), el("span", { text: `${t(/** @type {any} */ (`fate.${op}`))} ${number(n)}` }))), seen.shift ? el("li", {}, el("i", { class: "arrow-key", "aria-hidden": "true" }), el("span", { text: t("load.arrows", { distance: distanceText(seen.shift.distance_m), n: LONGER }) })) : null));
    this.legend.hidden = !rows.length && !seen.shift;
  }

  /** The box of all rows that lie anywhere near; null without any. */
  get bounds() {
    return this.group.getLayers().length ? this.group.getBounds() : null;
  }

  /** @param {string} name */
  choose(name) {
    for (const [one, { marker }] of this.known) marker.getElement()?.classList.toggle("chosen", one === name);
    const found = this.known.get(name);
    if (found && !this.view.map.getBounds().pad(-0.05).contains(found.at)) this.view.go(found.at[1], found.at[0]);
  }

  /** Just loaded: the new and changed rows appear once, then the layer itself shows them. @param {() => void} then */
  land(then) {
    for (const { marker, op } of this.known.values()) {
      if (op === "new" || op === "changed") marker.getElement()?.classList.add("landed");
      else marker.remove();
    }
    this.legend.hidden = true;
    setTimeout(then, 1200);
  }

  remove() {
    this.group.clearLayers().remove();
    this.legend.remove();
  }
}
