// Ranked resources out of view: a pill at the edge of the map that points to each, so that none vanishes.
import { symbolUrl } from "../config.js";
import { el, icon, image } from "../dom.js";
import { distanceText, minutesText } from "../format.js";
import { on } from "../state.js";
import { latOf, lonOf } from "./project.js";
import { placed } from "./symbols.js";
import { nameFor } from "./titles.js";

const MOST = 6;

/** @param {Element} main @param {import("./view.js").MapView} view */
export function pills(main, view) {
  const box = el("div", { class: "pills" });
  main.append(box);
  on("view", ({ off }) => {
    box.replaceChildren();
    if (!off.length) return; // to measure the cards would make the browser lay the page out anew
    const size = view.map.getSize();
    const taken = [...main.querySelectorAll(".float")].filter((one) => one instanceof HTMLElement && !one.hidden).map((one) => inside(one, main));
    const corner = view.map.containerPointToLayerPoint([0, 0]);
    const symbols = placed.taken.map(([west, north, east, south]) => [west - corner.x, north - corner.y, east - corner.x, south - corner.y]);
    for (const spot of [...off].sort((a, b) => a.mark.rank - b.mark.rank).slice(0, MOST)) put(box, view, spot, size, taken, symbols);
  });
}

/** @param {Element} one @param {Element} main */
function inside(one, main) {
  const [box, home] = [one.getBoundingClientRect(), main.getBoundingClientRect()];
  return [box.left - home.left, box.top - home.top, box.right - home.left, box.bottom - home.top];
}

/** @param {Element} box @param {import("./view.js").MapView} view @param {any} spot @param {{x: number, y: number}} size @param {number[][]} taken @param {number[][]} symbols */
function put(box, view, spot, size, taken, symbols) {
  const { layer, drawn, mark, at } = spot;
  const where = view.map.latLngToContainerPoint([latOf(at[1]), lonOf(at[0])]);
  const arrow = icon("arrow");
  arrow.style.transform = `rotate(${Math.round((Math.atan2(where.y - size.y / 2, where.x - size.x / 2) * 180) / Math.PI)}deg)`;
  const name = `${mark.rank} ${nameFor(layer, drawn)}`;
  const far = mark.duration_s != null ? minutesText(mark.duration_s) : mark.distance_m == null ? "" : distanceText(mark.distance_m);
  const made = el("button", { class: "pill", type: "button", on: { click: () => view.go(lonOf(at[0]), latOf(at[1])) } }, image(symbolUrl(layer.style.symbol, layer.style.family)), el("span", { class: "cut", text: name }), far && el("span", { text: far }), arrow);
  box.append(made);
  const [w, h] = [made.offsetWidth, made.offsetHeight];
  const x = Math.max(10, Math.min(size.x - w - 10, where.x - w / 2));
  const y0 = Math.max(12, Math.min(size.y - h - 36, where.y - h / 2));
  for (let step = 0; step < 80; step++) {
    for (const y of [y0 + (step % 40) * 8, y0 - (step % 40) * 8]) {
      const kept = step < 40 ? [...taken, ...symbols] : taken; // over a symbol only where there is no other room
      if (y < 8 || y > size.y - h - 30 || kept.some((one) => x < one[2] + 4 && x + w > one[0] - 4 && y < one[3] + 4 && y + h > one[1] - 4)) continue;
      made.style.left = `${x}px`;
      made.style.top = `${y}px`;
      taken.push([x, y, x + w, y + h]);
      return;
    }
  }
  made.remove();
}
