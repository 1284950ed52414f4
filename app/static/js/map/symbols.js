// Symbols of the fact layers as buttons on the map: sized by zoom, ranked, left out, chosen, gathered where they crowd.
import { ask, query } from "../api.js";
import { symbolUrl } from "../config.js";
import { el, image } from "../dom.js";
import { ageBand } from "../format.js";
import { lookOf, rankOf } from "../looks.js";
import { inHand, isSelected, nameOf, state, tell } from "../state.js";
import { nameFor } from "./titles.js";
import { toast } from "../toast.js";
import { t } from "../words.js";
import { classing } from "./classes.js";
import { crowds, ring } from "./clusters.js";
import { shownSources, sourceOf } from "./holdings.js";
import { Inside } from "./inside.js";
import { familyColour } from "./paints.js";
import { anchorOf, latOf, lonOf } from "./project.js";
import { drawnOf } from "./sources.js";
import { focused, keepStop, stepping } from "./stepping.js";

// Villages and the like: a ring on the ground until a question touches them.
const PLACES = new Set(["village"]);
const DEEP = 17; // beyond it features lie on each other rather than apart
const LISTED = 200; // of a group that the server names
const APIECE = 300; // selected ones drawn each by itself; of more, the discs hold some
const MOST = 400; // symbols and clusters at once, so that a pan stays smooth and each can be read

/** @typedef {import("../types").Drawn} Drawn @typedef {import("../types").Layer} Layer */
/** @typedef {{layer: Layer, drawn: Drawn, x: number, y: number, at: [number, number], mark: any, chosen: boolean, selected: boolean, place: boolean, count: number, family: string, size: number, opacity: number, kept: import("./classes.js").Class | null, bare: boolean, from?: {x: number, y: number}}} Spot */
/** @typedef {{x: number, y: number, half: number, right: number, title: string, strong: boolean, weight: number, plate: boolean, place: boolean}} Labelled */

/** What is to be labelled, and boxes that labels must not cross, after the last drawing. */
export const placed = { labels: /** @type {Labelled[]} */ ([]), taken: /** @type {number[][]} */ ([]), off: /** @type {Spot[]} */ ([]) };

export class Symbols {
  /** @param {any} map @param {{choose: (layer: string, id: string) => void, crowd: (spots: {layer: string, id: string, title: string}[]) => void}} act */
  constructor(map, act) {
    this.map = map;
    this.act = act;
    this.box = el("div", { class: "symbols leaflet-zoom-hide", role: "group", "aria-label": t("map.symbols") });
    this.inside = new Inside(/** @type {Element} */ (map.getContainer().parentElement));
    stepping(this.box);
    map.createPane("symbols").style.zIndex = "600";
    map.getPane("symbols").append(this.box);
    this.held = false; // a button is down on a symbol: drawn anew now, it would be gone before the click
    this.late = false;
    this.box.addEventListener("pointerdown", () => { this.held = true; });
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => this.release());
  }

  release() {
    this.held = false;
    if (this.late) setTimeout(() => tell("data")); // after the click
  }

  draw() {
    this.late = this.held;
    if (this.held) return;
    const { map } = this;
    const zoom = map.getZoom();
    const view = viewOf(map, 0.1);
    const scale = 256 * 2 ** zoom;
    const origin = map.getPixelOrigin();
    placed.off = [];
    const spots = this.spots(view, zoom, (at) => ({ x: at[0] * scale - origin.x, y: at[1] * scale - origin.y }));
    const alone = spots.filter((one) => one.selected).length <= APIECE;
    const stands = (/** @type {Spot} */ one) => Boolean(one.mark || one.chosen || (one.selected && alone));
    const marked = spots.filter(stands);
    const places = spots.filter((one) => one.place && !stands(one));
    const bare = spots.filter((one) => one.bare && !stands(one));
    const plain = spots.filter((one) => !one.place && !one.bare && !stands(one));
    plain.sort((a, b) => rankOf(b.layer) - rankOf(a.layer) || (a.drawn.id < b.drawn.id ? -1 : 1));
    const groups = crowds(plain, zoom >= 17 ? 6 : zoom >= 14 ? 16 : zoom >= 11 ? 20 : 30, zoom >= 17 ? 0 : 38, MOST);
    placed.labels = [];
    placed.taken = [];
    spread(marked.filter((one) => one.mark?.rank));
    const made = [
      ...bare.map((one) => this.symbol(one)),
      ...places.map((one) => this.place(one)),
      ...groups.map((group) => (group.length === 1 && !group[0].count ? this.symbol(group[0]) : this.cluster(group))),
      ...marked.sort((a, b) => Number(a.chosen) - Number(b.chosen) || (b.mark?.rank || 99) - (a.mark?.rank || 99)).map((one) => this.symbol(one)),
    ];
    const before = focused(this.box);
    this.inside.hide();
    this.box.replaceChildren(...made.filter(Boolean));
    keepStop(this.box, before);
  }

  /** @param {import("./sources.js").View} view @param {number} zoom @param {(at: [number, number]) => {x: number, y: number}} pixel @returns {Spot[]} */
  spots(view, zoom, pixel) {
    /** @type {Spot[]} */
    const found = [];
    const met = new Set();
    const take = (/** @type {Layer} */ layer, /** @type {Drawn} */ drawn, /** @type {import("./classes.js").Classing | null} */ classed = null) => {
      const name = nameOf(layer.id, drawn.id);
      if ((met.has(name) && drawn.id) || inHand(layer.id, drawn.id)) return;
      met.add(name);
      const at = anchorOf(drawn);
      const mark = state.marks.get(name);
      const chosen = state.chosen?.layer === layer.id && state.chosen.id === drawn.id;
      const symbol = layer.style.symbol;
      const kept = classed && !drawn.count ? classed.of(drawn) : null;
      const place = Boolean(symbol && PLACES.has(symbol) && !drawn.count && !kept);
      found.push({ layer, drawn, ...pixel(at), at, mark, chosen, selected: isSelected(layer.id, drawn.id), place, count: drawn.count, family: layer.style.family, size: sizeOf(layer, zoom, mark, chosen), opacity: lookOf(layer.id).opacity, kept, bare: drawn.kind !== 1 && !symbol });
    };
    for (const source of shownSources()) {
      const { layer } = source;
      if (layer.style.paint) continue;
      const classed = classing(source);
      const shown = zoom >= layer.style.min_zoom;
      for (const drawn of source.within(view)) {
        const needed = shown || state.marks.has(nameOf(layer.id, drawn.id)) || isSelected(layer.id, drawn.id) || (state.chosen?.layer === layer.id && state.chosen.id === drawn.id);
        if (needed && (drawn.kind === 1 || layer.style.symbol || classed)) take(layer, drawn, classed);
      }
    }
    for (const [name, mark] of state.marks) {
      const layer = state.layers.get(name.split("/")[0]);
      const drawn = layer && mark.feature && !met.has(name) && drawnOf(layer, mark.feature);
      if (layer && drawn && !layer.style.paint) take(layer, drawn); // an answer is shown though its layer is off or out of view
    }
    return found.filter((one) => {
      const inside = one.at[0] >= view.west && one.at[0] <= view.east && one.at[1] >= view.north && one.at[1] <= view.south;
      if (!inside && one.mark?.rank) placed.off.push(one);
      return inside;
    });
  }

  /** @param {Spot} spot */
  symbol(spot) {
    const { layer, drawn, mark } = spot;
    const title = nameFor(layer, drawn);
    const size = spot.size === 32 ? "" : spot.size === 24 ? "two" : "three";
    const kinds = ["sym", size, mark?.out && "out", spot.chosen && "chosen", spot.selected && "selected", spot.place && !mark && "dim", spot.bare && "bare"].filter(Boolean).join(" ");
    const rank = mark?.rank;
    const overdue = rank && ageBand(drawn.properties.verified_at) === "overdue";
    const made = el("button", { class: kinds, type: "button", tabindex: "-1", data: { name: nameOf(layer.id, drawn.id) }, title, "aria-label": [rank ? t("map.ranked", { rank, name: title }) : title, spot.kept?.words].filter(Boolean).join(t("list.comma")), on: { click: this.chooser(layer.id, drawn.id) } },
      spot.bare ? null : image(symbolUrl(variant(layer, drawn), layer.style.family)), spot.kept && el("span", { class: `mark ${spot.kept.tone}`, text: spot.kept.mark, "aria-hidden": "true" }), rank && el("span", { class: `badge${overdue ? " overdue" : ""}`, text: rank }));
    if (spot.from) made.prepend(leader(spot.from.x - spot.x, spot.from.y - spot.y));
    if (spot.opacity < 1 && !spot.chosen && !mark) made.style.opacity = String(spot.opacity);
    this.put(made, spot);
    const half = spot.size / 2 + (spot.chosen ? 7 : 1);
    if (spot.kept) placed.taken.push(markBox(spot));
    this.note(spot, title, half, rank || mark?.out ? 9 : 0, spot.chosen ? 9 : rank ? 8 : mark?.inside ? 7 : mark?.out ? 6 : this.map.getZoom() >= layer.style.label_zoom ? 4 : 0);
    return made;
  }

  /** @param {Spot} spot */
  place(spot) {
    const title = nameFor(spot.layer, spot.drawn);
    const made = el("button", { class: "place", type: "button", tabindex: "-1", data: { name: nameOf(spot.layer.id, spot.drawn.id) }, title, "aria-label": title, on: { click: this.chooser(spot.layer.id, spot.drawn.id) } });
    this.put(made, spot);
    this.note(spot, title, 5, 0, this.map.getZoom() >= spot.layer.style.label_zoom - 0.6 ? 1 : 0);
    return made;
  }

  /** @param {Spot[]} group */
  cluster(group) {
    const count = group.reduce((sum, one) => sum + (one.count || 1), 0);
    const figure = count > 9999 ? `${Math.round(count / 1000)}k` : String(count);
    const shares = new Map();
    for (const one of group) shares.set(one.family, (shares.get(one.family) || 0) + (one.count || 1));
    const parts = [...new Set(group.map((one) => one.layer))].map((layer) => contents(layer, group.filter((one) => one.layer === layer)));
    const words = parts.map(said).join(t("list.comma"));
    const made = el("button", { class: `cluster${count >= 50 ? " large" : ""}${shares.size === 1 && shares.has("hazard") ? " hazard" : ""}`, type: "button", tabindex: "-1", data: { name: `crowd/${nameOf(group[0].layer.id, group[0].drawn.id)}` }, "aria-label": [figure, t("map.cluster", { words })].join(t("list.comma")) }, el("b", { text: figure }));
    this.inside.of(made, parts);
    made.addEventListener("click", (/** @type {Event} */ event) => this.open(event, group));
    made.style.setProperty("--ring", ring(shares, familyColour));
    const opacity = Math.max(...group.map((one) => one.opacity));
    if (opacity < 1) made.style.opacity = String(opacity);
    const centre = group.reduce((sum, one) => ({ x: sum.x + one.x / group.length, y: sum.y + one.y / group.length }), { x: 0, y: 0 });
    L.DomUtil.setPosition(made, L.point(centre.x, centre.y).round());
    const half = count >= 50 ? 23 : 19;
    placed.taken.push([centre.x - half, centre.y - half, centre.x + half, centre.y + half]);
    return made;
  }

  /** @param {Event} event @param {Spot[]} group */
  open(event, group) {
    L.DomEvent.stop(event);
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { at: [x, y], drawn: { reach = 0 } } of group) {
      [west, east] = [Math.min(west, x - reach), Math.max(east, x + reach)];
      [north, south] = [Math.min(north, y - reach), Math.max(south, y + reach)];
    }
    const members = group.filter((one) => one.drawn.id);
    const tight = Math.max(east - west, south - north) * 256 * 2 ** 17 < 12; // they lie on each other at any zoom
    if ((tight || this.map.getZoom() >= 16.5) && members.length === group.length) return this.act.crowd(members.map((one) => ({ layer: one.layer.id, id: one.drawn.id, title: nameFor(one.layer, one.drawn) })));
    if (this.map.getZoom() >= DEEP) return this.members(group, [lonOf(west), latOf(south), lonOf(east), latOf(north)]);
    const bounds = L.latLngBounds([latOf(south), lonOf(west)], [latOf(north), lonOf(east)]);
    const zoom = Math.max(this.map.getZoom() + 1.5, Math.min(DEEP, this.map.getBoundsZoom(bounds.pad(0.3))));
    this.map.flyTo(bounds.getCenter(), zoom, { duration: 0.2 });
  }

  /** Who is in a group that was only counted: asked of the server by its box. @param {Spot[]} group @param {number[]} bbox */
  async members(group, bbox) {
    const all = [];
    for (const layer of new Set(group.map((one) => one.layer))) {
      const page = await ask(`layers/${layer.id}/features?${query({ bbox: bbox.join(","), limit: LISTED, fields: layer.title, filter: sourceOf(layer.id)?.filter, geometry: false, count: false })}`).catch((error) => { toast(error.message, { icon: "warn", key: "members" }); return { features: [] }; });
      for (const feature of page.features) all.push({ layer: layer.id, id: String(feature.id), title: String((layer.title && feature.properties[layer.title]) || nameFor(layer)) });
    }
    if (all.length) this.act.crowd(all);
  }

  /** @param {HTMLElement} made @param {Spot} spot */
  put(made, spot) {
    L.DomUtil.setPosition(made, L.point(spot.x, spot.y).round());
  }

  /** @param {Spot} spot @param {string} title @param {number} half @param {number} badge @param {number} weight */
  note(spot, title, half, badge, weight) {
    placed.taken.push([spot.x - half, spot.y - half, spot.x + half, spot.y + half]);
    if (badge) placed.taken.push([spot.x + half - 10, spot.y - half - badge, spot.x + half + badge, spot.y - half + 8]);
    if (weight && title) placed.labels.push({ x: spot.x, y: spot.y, half, right: half, title, strong: !spot.place, weight, plate: spot.chosen, place: spot.place });
  }

  /** @param {string} layer @param {string} id */
  chooser(layer, id) {
    return (/** @type {Event} */ event) => {
      if (this.map.getContainer().classList.contains("drawing")) return;
      L.DomEvent.stop(event);
      this.act.choose(layer, id);
    };
  }
}

/** Where the mark of its class stands, at the lower left. @param {Spot} spot */
const markBox = ({ x, y, size }) => [x - size / 2 - 10, y + size / 2 - 12, x - size / 2 + 10, y + size / 2 + 10];

/** What a cluster holds of one layer, by class where it has classes. @param {Layer} layer @param {Spot[]} spots @returns {import("./inside.js").Part} */
function contents(layer, spots) {
  const classes = new Map();
  for (const { kept } of spots) if (kept) classes.set(kept, (classes.get(kept) || 0) + 1);
  return { name: nameFor(layer), symbol: layer.style.symbol, family: layer.style.family, count: spots.reduce((sum, one) => sum + (one.count || 1), 0), classes: [...classes].sort(([a], [b]) => a.step - b.step) };
}

/** @param {import("./inside.js").Part} part */
function said(part) {
  const all = t("map.clusterPart", { layer: part.name, n: part.count });
  const parts = part.classes.map(([one, n]) => t("map.clusterPart", { layer: one.words, n }));
  return parts.length ? t("map.clusterClasses", { all, classes: parts.join(t("list.comma")) }) : all;
}

const APART = 36; // px between ranked symbols, so that every rank can be read
const FARTHEST = 44; // px that one may be moved

/** Move ranked symbols that lie on each other apart; each keeps a line to its true place. @param {Spot[]} spots */
function spread(spots) {
  const home = spots.map(({ x, y }) => ({ x, y }));
  for (let turn = 0; turn < 24; turn++) {
    let moved = false;
    for (let i = 0; i < spots.length; i++) {
      for (let j = i + 1; j < spots.length; j++) {
        const [a, b] = [spots[i], spots[j]];
        let [dx, dy] = [b.x - a.x, b.y - a.y];
        const far = Math.hypot(dx, dy);
        if (far >= APART) continue;
        if (far < 0.5) [dx, dy] = [Math.cos(j * 2.4), Math.sin(j * 2.4)];
        const push = (APART - far) / 2 / (Math.hypot(dx, dy) || 1);
        a.x -= dx * push;
        a.y -= dy * push;
        b.x += dx * push;
        b.y += dy * push;
        moved = true;
      }
    }
    if (!moved) break;
  }
  spots.forEach((one, i) => {
    const [dx, dy] = [one.x - home[i].x, one.y - home[i].y];
    const far = Math.hypot(dx, dy);
    if (far > FARTHEST) [one.x, one.y] = [home[i].x + (dx * FARTHEST) / far, home[i].y + (dy * FARTHEST) / far];
    if (far > 5) one.from = home[i];
  });
}

/** @param {number} dx @param {number} dy */
function leader(dx, dy) {
  const line = el("i", { class: "leader" });
  line.style.width = `${Math.hypot(dx, dy)}px`;
  line.style.transform = `rotate(${Math.atan2(dy, dx)}rad)`;
  return line;
}

/** The symbol of a feature: that of its variant where one of that name is drawn. @param {Layer} layer @param {Drawn} drawn */
const variant = (layer, drawn) => (drawn.shade && layer.style.shade_by && !symbolUrl(drawn.shade, layer.style.family).includes("/any_") ? drawn.shade : layer.style.symbol);

/** @param {Layer} layer @param {number} zoom @param {any} mark @param {boolean} chosen */
function sizeOf(layer, zoom, mark, chosen) {
  if (chosen || mark?.rank) return 32;
  if (mark?.out || mark?.inside) return 24;
  if (zoom < 11) return 16;
  return layer.style.family === "resource" && zoom >= 14 ? 32 : 24;
}

/** The view in world coordinates, widened. @param {any} map @param {number} margin share of its size @returns {import("./sources.js").View} */
export function viewOf(map, margin = 0) {
  const scale = 256 * 2 ** map.getZoom();
  const bounds = map.getPixelBounds();
  const size = bounds.getSize();
  return { west: (bounds.min.x - size.x * margin) / scale, east: (bounds.max.x + size.x * margin) / scale, north: (bounds.min.y - size.y * margin) / scale, south: (bounds.max.y + size.y * margin) / scale, zoom: map.getZoom() };
}
