// Which system the coordinates are in, chosen by sight: the district's outline and the data's dots as each system would place them.
import { config } from "../config.js";
import { add, button, el } from "../dom.js";
import { distanceText } from "../format.js";
import { isOurs } from "../map/ground.js";
import { shownSources } from "../map/holdings.js";
import { token } from "../map/paints.js";
import { worldX, worldY } from "../map/project.js";
import { t } from "../words.js";

const [WIDTH, HEIGHT] = [152, 92];
const MARGIN = 10;

/** @typedef {{crs: string, name: string, why: string, swapped: boolean, distance_m: number, inside: number, points: [number, number][]}} System */

/** @param {System[]} systems @param {System | null} chosen @param {(system: System) => void} choose */
export function systemChoices(systems, chosen, choose) {
  return el("div", { class: "systems", role: "group", "aria-label": t("load.crs") }, systems.map((one) => {
    const on = one === chosen;
    return el("figure", { class: `system${on ? " on" : ""}` }, picture(one),
      el("figcaption", {}, el("b", { text: systemName(one.name) }), el("span", { class: "meta", text: `${one.crs}${one.swapped ? ` · ${t("load.swapped")}` : ""}` }), el("span", { class: "meta", text: whyOf(one) })),
      on ? el("span", { class: "chip solid", text: t("load.inUse") }) : button(t("load.useThis"), () => choose(one), { small: true }));
  }));
}

/** One that is not among the choices, written by somebody who knows. @param {string} label @param {string} hint @param {(written: string) => void} go */
export function written(label, hint, go) {
  const take = () => { if (input.value.trim()) go(input.value.trim()); };
  const input = el("input", { "aria-label": label, placeholder: hint, maxlength: "40", on: { keydown: (/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === "Enter") take(); } } });
  return el("div", { class: "fill-in" }, el("span", { class: "meta", text: label }), el("div", { class: "input" }, input), button(t("load.useThis"), take, { small: true }));
}

/** A registered name in fewer words: `CGCS2000 / 3-degree Gauss-Kruger CM 111E`. @param {string} name */
export const systemName = (name) => name.replace("China Geodetic Coordinate System 2000", t("load.cgcs")).replace(/(3-degree )?Gauss-Kruger (zone|CM) (\d+)E?/g, (_, three, kind, n) => t(kind === "zone" ? "load.zone" : "load.meridian", { width: three ? 3 : 6, n }));

/** @param {System} one */
export function whyOf(one) {
  const where = one.distance_m ? t("load.away", { distance: distanceText(one.distance_m) }) : t("load.insideOf", { inside: one.inside, n: one.points.length });
  return one.why === "zone" ? `${t("load.zoneSays")}${t("list.comma")}${where}` : where;
}

/** District and dots in one frame that holds both. @param {System} one */
function picture(one) {
  const canvas = el("canvas", { width: WIDTH * 2, height: HEIGHT * 2, role: "img", "aria-label": whyOf(one) });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  const [west, south, east, north] = config.district.bbox;
  const xs = [worldX(west), worldX(east), ...one.points.map(([lon]) => worldX(lon))];
  const ys = [worldY(north), worldY(south), ...one.points.map(([, lat]) => worldY(lat))];
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  const scale = Math.min((WIDTH - 2 * MARGIN) / (box[2] - box[0]), (HEIGHT - 2 * MARGIN) / (box[3] - box[1]));
  const at = (/** @type {number} */ x, /** @type {number} */ y) => [WIDTH / 2 + (x - (box[0] + box[2]) / 2) * scale, HEIGHT / 2 + (y - (box[1] + box[3]) / 2) * scale];
  context.fillStyle = token("m-land");
  context.strokeStyle = token("m-bound");
  context.lineWidth = 1.25;
  context.beginPath();
  for (const ring of outline()) {
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y] = at(ring[i], ring[i + 1]);
      if (i) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
    context.closePath();
  }
  context.fill();
  context.stroke();
  context.fillStyle = one.distance_m ? token("bad") : token("ink");
  for (const [lon, lat] of one.points) {
    const [x, y] = at(worldX(lon), worldY(lat));
    context.beginPath();
    context.arc(x, y, 1.6, 0, 7);
    context.fill();
  }
  return canvas;
}

/** The district's rings in world coordinates; its box until the boundary has been read. @returns {Float64Array[]} */
function outline() {
  const [west, south, east, north] = config.district.bbox;
  for (const source of shownSources()) {
    if (source.layer.style.paint !== "b-bound") continue;
    for (const drawn of source.within({ west: 0, north: 0, east: 1, south: 1, zoom: 8 })) if (isOurs(source.layer, drawn)) return drawn.parts;
  }
  return [new Float64Array([worldX(west), worldY(north), worldX(east), worldY(north), worldX(east), worldY(south), worldX(west), worldY(south)])];
}

/** @param {(system: {crs: string, swapped: boolean}) => void} choose */
export const otherSystem = (choose) => written(t("load.otherSystem"), "EPSG:4546", (crs) => choose({ crs, swapped: false }));

/** Choices for a file that says nothing of use, with what to do where none fits. @param {HTMLElement} body @param {System[]} systems @param {(system: {crs: string, swapped: boolean}) => void} choose */
export function askForSystem(body, systems, choose) {
  add(body, el("section", { class: "section" }, el("div", { class: "section-head" }, el("h3", { text: t("load.whichSystem") }), el("span", { class: "meta-3", text: t("load.bySight") })), systems.length ? systemChoices(systems, null, choose) : el("p", { class: "hint", text: t("load.noSystem") }),
    otherSystem(choose)));
}
