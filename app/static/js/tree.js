// The layer tree: groups, counts in view and in all, how fresh each layer is, on and off.
import { config } from "./config.js";
import { add, el, fill, icon, iconButton, image } from "./dom.js";
import { age, number } from "./format.js";
import { shownSources } from "./map/holdings.js";
import { swatch } from "./map/legend.js";
import { groundPaint, token } from "./map/paints.js";
import { countInView } from "./map/view.js";
import { on, show, state } from "./state.js";
import { say, t } from "./words.js";
import { symbolOf } from "./panels/rows.js";

const KEPT = `onemap-shown-${config.space.id}`;

/** @param {HTMLElement} element @param {import("./map/view.js").MapView} view @param {{resized: () => void, changes: () => void, load: (() => void) | null}} act */
export function layerTree(element, view, act) {
  let filter = "";
  const body = el("div", { class: "scroll" });
  const input = el("input", { type: "text", placeholder: t("tree.filter"), "aria-label": t("tree.filter"), on: { input: () => { filter = input.value.trim().toLowerCase(); draw(); }, keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  const whole = [
    el("div", { class: "tree-head" }, el("h2", { text: t("tree.title") }), el("span", { class: "push" }), iconButton("history", t("changes.title"), act.changes), act.load && iconButton("upload", t("load.title"), act.load), iconButton("left", t("tree.fold"), () => fold(true))),
    el("label", { class: "tree-filter" }, icon("search"), input), body,
  ];
  const rail = [el("div", { class: "rail-body" }, iconButton("layers", t("tree.open"), () => fold(false)), iconButton("history", t("changes.title"), act.changes), act.load && iconButton("upload", t("load.title"), act.load))];
  const fold = (/** @type {boolean} */ yes) => {
    element.classList.toggle("rail", yes);
    fill(element, yes ? rail : whole);
    sessionStorage.setItem("onemap-rail", yes ? "1" : "");
    act.resized();
  };
  /** @type {Map<string, HTMLElement>} */
  let counts = new Map();

  function draw() {
    counts = new Map();
    fill(body);
    const groups = new Map();
    for (const layer of state.layers.values()) {
      if (layer.geometry === "none") continue;
      const words = `${layer.label.zh} ${layer.label.en} ${layer.id}`.toLowerCase();
      if (filter && !words.includes(filter)) continue;
      groups.set(layer.group.id, { label: layer.group.label, layers: [...(groups.get(layer.group.id)?.layers || []), layer] });
    }
    let first = true;
    for (const [id, { label, layers }] of groups) {
      const folded = state.folded.has(id) && !filter;
      add(body, el("div", { class: "group" }, el("button", { type: "button", "aria-expanded": String(!folded), on: { click: () => { if (!state.folded.delete(id)) state.folded.add(id); draw(); } } }, say(label), icon("down")), first && el("span", { text: t("tree.counts") })));
      first = false;
      if (!folded) for (const layer of layers) add(body, row(layer));
    }
    if (!groups.size) add(body, el("div", { class: "section" }, el("div", { class: "note" }, el("b", { text: t(state.layers.size ? "tree.noMatch" : "tree.none") }))));
    count();
  }

  /** @param {import("./types").Layer} layer */
  function row(layer) {
    const shown = state.shown.has(layer.id);
    const tick = el("input", { class: "tick", type: "checkbox", "aria-label": say(layer.label), on: { change: () => { show(layer.id, tick.checked); keep(); draw(); } } });
    tick.checked = shown;
    const figure = el("span", { class: "count" });
    counts.set(layer.id, figure);
    const ground = Boolean(layer.style.paint);
    return el("label", { class: `layer${shown ? "" : " off"}${ground ? " paint" : ""}`, data: { layer: layer.id } }, tick, el("span", { class: "swatch" }, ground ? groundSwatch(layer) : image(symbolOf(layer, {}))),
      el("span", { class: "name" }, el("span", { class: "cut", text: say(layer.label) }), !ground && layer.count > 0 && age(layer.freshness.verified_latest)), figure);
  }

  function count() {
    const sources = new Map(shownSources().map((one) => [one.layer.id, one]));
    for (const [id, figure] of counts) {
      const layer = state.layers.get(id);
      if (!layer) continue;
      const source = sources.get(id);
      const inView = source?.ready ? countInView(view, source) : null;
      fill(figure, inView == null ? "" : number(Math.min(inView, layer.count)), el("i", { text: inView == null ? number(layer.count) : ` / ${number(layer.count)}` }));
      if (source?.failed) fill(figure, icon("warn"));
    }
  }

  const keep = () => localStorage.setItem(KEPT, JSON.stringify([...state.layers.keys()].filter((id) => state.shown.has(id) !== state.layers.get(id)?.style.visible)));
  on("layers", draw);
  on("shown", draw);
  on("view", count);
  addEventListener("onemap:theme", draw);
  addEventListener("onemap:rail", (event) => fold(/** @type {CustomEvent} */ (event).detail)); // a wide panel takes the room and gives it back
  fold(sessionStorage.getItem("onemap-rail") === "1" || innerWidth <= 900);
  draw();
}

/** Layers shown at first: as each says, turned about where this reader turned it. */
export function showAsKept() {
  const turned = new Set(JSON.parse(localStorage.getItem(KEPT) || "[]"));
  for (const layer of state.layers.values()) if (!seen.has(layer.id) && layer.style.visible !== turned.has(layer.id)) state.shown.add(layer.id);
  for (const id of state.layers.keys()) seen.add(id);
}
const seen = new Set();

/** @param {import("./types").Layer} layer */
function groundSwatch(layer) {
  if (layer.style.paint === "b-bound") return swatch({ line: token("m-bound"), width: 1.75, dash: [6, 2, 1, 2] }, 22, 16);
  const shade = { "b-land": "urban", "b-stream": "river", road: "national" }[layer.style.paint || ""] || "";
  return swatch(groundPaint(layer.style.paint || "", shade), 22, 16);
}
