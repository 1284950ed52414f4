// The bar at the top of a sheet on a phone: drawn by finger, pressed, or moved by the arrow keys between three heights.
import { el } from "./dom.js";
import { t } from "./words.js";

const HEIGHTS = [30, 62, 92]; // percent of the map: the map in sight, half, all to be read
const HALF = 1;

/** @param {HTMLElement} sheet @param {() => void} resized */
export function grip(sheet, resized) {
  let at = Number(sheet.dataset.sheet ?? HALF);
  const bar = el("button", { class: "grip", type: "button", role: "slider", "aria-orientation": "vertical", "aria-label": t("panel.grip"), "aria-valuemin": HEIGHTS[0], "aria-valuemax": HEIGHTS[2] }, el("i"));
  const to = (/** @type {number} */ height) => {
    at = Math.max(0, Math.min(HEIGHTS.length - 1, height));
    sheet.dataset.sheet = String(at);
    for (const one of ["height", "max-height"]) sheet.style.removeProperty(one);
    bar.setAttribute("aria-valuenow", String(HEIGHTS[at]));
    bar.setAttribute("aria-valuetext", `${HEIGHTS[at]}%`);
    resized();
  };
  bar.setAttribute("aria-valuenow", String(HEIGHTS[at]));
  bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowUp: 1, ArrowDown: -1, Home: -9, End: 9 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    to(at + step);
  });
  let from = 0;
  let moved = false;
  bar.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    bar.setPointerCapture(event.pointerId);
    [from, moved] = [event.clientY, false];
  });
  bar.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!bar.hasPointerCapture(event.pointerId) || (!moved && Math.abs(event.clientY - from) < 6)) return;
    moved = true;
    sheet.style.maxHeight = `${HEIGHTS[HEIGHTS.length - 1]}%`;
    sheet.style.height = `${sheet.getBoundingClientRect().bottom - event.clientY}px`;
  });
  bar.addEventListener("pointerup", () => {
    if (!moved) return;
    const share = (sheet.getBoundingClientRect().height / (sheet.parentElement?.clientHeight || innerHeight)) * 100;
    to(HEIGHTS.reduce((best, one, i) => (Math.abs(one - share) < Math.abs(HEIGHTS[best] - share) ? i : best), 0));
  });
  bar.addEventListener("pointercancel", () => to(at));
  bar.addEventListener("click", () => { if (!moved) to(at === HEIGHTS.length - 1 ? 0 : at + 1); });
  return bar;
}
