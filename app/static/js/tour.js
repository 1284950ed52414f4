// A tour of the page in at most seven steps, each beside the part it speaks of. It never stands in the way of work.
import { config, hasRole } from "./config.js";
import { add, button, el, fill } from "./dom.js";
import { t } from "./words.js";

const SEEN = `onemap-tour-${config.user.name}`;
const GAP = 12; // px between the part and the card

/** @typedef {{id: string, at: string}} Step */

/** What there is to show to this reader; a part that is not on this screen is left out. @returns {Step[]} */
function steps() {
  const all = [
    { id: "search", at: ".find-box" }, { id: "map", at: ".folium-map" }, { id: "nearest", at: "[aria-keyshortcuts=N]" }, { id: "zone", at: "[aria-keyshortcuts=Z]" }, { id: "table", at: ".layer .to-table" },
    hasRole("gis_staff") ? { id: "load", at: "#left [data-part=load]" } : hasRole("planner", "duty_officer") ? { id: "edit", at: "[aria-keyshortcuts=P]" } : { id: "plot", at: "[aria-keyshortcuts=P]" },
    { id: "menu", at: ".who" },
  ];
  return all.filter((one) => (one.id === "plot" ? hasRole("drill_controller") : true) && shown(one));
}

/** The part a step speaks of, if it is there to be seen. @param {Step} step */
const shown = (step) => [...document.querySelectorAll(step.at)].find((one) => one.getClientRects().length > 0);

/** Whether somebody came for something: a place or a view in the address, a drill, the past. Then nothing opens unasked. */
const cameForSomething = () => Boolean(location.hash || location.search || config.space.drill || config.space.past);

let unasked = !cameForSomething() && !localStorage.getItem(SEEN); // the address changes as one works: asked before

/** Begin by itself for who was never here; working ends it. */
export function firstVisit() {
  if (unasked && !document.body.dataset.stale) begin(false);
  unasked = false;
}

/** @type {(() => void) | null} */
let end = null;

/** @param {boolean} asked whether somebody opened it, and so looks at it */
export function begin(asked) {
  end?.();
  const all = steps();
  if (!all.length) return;
  let at = 0;
  const before = document.activeElement;
  const ring = el("div", { class: "tour-ring", "aria-hidden": "true" });
  const card = el("section", { class: "tour card", role: "dialog", "aria-label": t("tour.title"), "aria-live": "polite" });
  add(document.body, ring, card);

  const go = (/** @type {number} */ by) => {
    at += by;
    if (at >= all.length) return end?.();
    at = Math.max(0, at);
    draw();
    return undefined;
  };

  function draw() {
    const { id } = all[at];
    const held = card.contains(document.activeElement) || (asked && !card.childElementCount);
    const last = at === all.length - 1;
    const next = button(t(last ? "tour.done" : "tour.next"), () => go(1), { small: true, primary: true, key: "→" });
    fill(card, el("div", { class: "tour-head" }, el("h2", { text: t(/** @type {any} */ (`tour.${id}`)) }), el("span", { class: "meta-3", text: t("tour.step", { n: at + 1, all: all.length }) })),
      el("p", { text: t(/** @type {any} */ (`tour.${id}How`)) }),
      el("div", { class: "tour-acts" }, button(t("tour.skip"), () => end?.(), { small: true, key: "Esc" }), el("span", { class: "push" }), at ? button(t("tour.back"), () => go(-1), { small: true, key: "←" }) : null, next));
    place();
    if (held) next.focus();
  }

  /** The card beside its part, the whole of it on the screen; on a phone it is a sheet at the foot. */
  function place() {
    const part = shown(all[at]);
    const box = (part || document.body).getBoundingClientRect();
    const whole = box.width > innerWidth / 2 && box.height > innerHeight / 2; // the map: the middle of it
    ring.hidden = whole;
    for (const [side, size] of /** @type {[string, number][]} */ ([["left", box.left - 4], ["top", box.top - 4], ["width", box.width + 8], ["height", box.height + 8]])) ring.style.setProperty(side, `${size}px`);
    const { offsetWidth: wide, offsetHeight: high } = card;
    const beside = box.right + GAP + wide < innerWidth && box.height < innerHeight / 2 && box.top > 52;
    const left = whole ? box.left + (box.width - wide) / 2 : beside ? box.right + GAP : box.left;
    const top = whole ? box.top + (box.height - high) / 2 : beside ? box.top : box.bottom + GAP;
    card.style.setProperty("--x", `${Math.max(GAP, Math.min(innerWidth - wide - GAP, left))}px`);
    card.style.setProperty("--y", `${Math.max(GAP, Math.min(innerHeight - high - GAP, top))}px`);
  }

  const keyed = (/** @type {KeyboardEvent} */ event) => {
    const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select");
    if (event.key === "Escape") end?.();
    else if (!typing && event.key === "ArrowRight") go(1);
    else if (!typing && event.key === "ArrowLeft") go(-1);
    else return !asked && !card.contains(/** @type {Node} */ (event.target)) && event.key !== "Tab" ? end?.() : undefined;
    event.preventDefault();
    event.stopPropagation();
    return undefined;
  };
  const worked = (/** @type {Event} */ event) => { if (!asked && !card.contains(/** @type {Node} */ (event.target))) end?.(); };
  document.addEventListener("keydown", keyed, true);
  document.addEventListener("pointerdown", worked, true);
  addEventListener("resize", place);
  end = () => {
    end = null;
    document.removeEventListener("keydown", keyed, true);
    document.removeEventListener("pointerdown", worked, true);
    removeEventListener("resize", place);
    const held = card.contains(document.activeElement);
    card.remove();
    ring.remove();
    localStorage.setItem(SEEN, "1");
    if (held && before instanceof HTMLElement) before.focus();
  };
  draw();
}
