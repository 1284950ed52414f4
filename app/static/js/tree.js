// The layer tree: groups, counts in view and in all, how fresh each layer is, on and off.
import { add, el, fill, icon, iconButton, image } from "./dom.js";
import { age, number } from "./format.js";
import { layerSettings } from "./layer_settings.js";
import { keep, listed, lookOf, movable, moveTo, placeOf } from "./looks.js";
import { shownSources } from "./map/holdings.js";
import { swatch } from "./map/legend.js";
import { groundPaint, token } from "./map/paints.js";
import { countInView } from "./map/view.js";
import { empty, refused, waiting } from "./panel.js";
import { on, show, state } from "./state.js";
import { say, t } from "./words.js";
import { symbolOf } from "./panels/rows.js";

/** @param {HTMLElement} element @param {import("./map/view.js").MapView} view @param {{table: (id: string) => void, export: (id: string) => void, resized: () => void, changes: () => void, views: () => void, load: (() => void) | null, foot: Element, again: () => void}} act */
export function layerTree(element, view, act) {
  let filter = "";
  let known = false; // the layers were read, be there any or not
  let ordered = state.order.join();
  const body = el("div", { class: "scroll" });
  const input = el("input", { type: "text", placeholder: t("tree.filter"), "aria-label": t("tree.filter"), on: { input: () => { filter = input.value.trim().toLowerCase(); draw(); }, keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  const whole = [
    el("div", { class: "tree-head" }, el("h2", { text: t("tree.title") }), el("span", { class: "push" }), iconButton("bookmark", t("views.title"), act.views), iconButton("history", t("changes.title"), act.changes), act.load && loadButton(act.load), iconButton("left", t("tree.fold"), () => fold(true))),
    el("label", { class: "tree-filter" }, icon("search"), input), body, act.foot,
  ];
  const rail = [el("div", { class: "rail-body" }, iconButton("layers", t("tree.open"), () => fold(false)), iconButton("bookmark", t("views.title"), act.views), iconButton("history", t("changes.title"), act.changes), act.load && loadButton(act.load))];
  const fold = (/** @type {boolean} */ yes, byHand = true) => {
    element.classList.toggle("rail", yes);
    fill(element, yes ? rail : whole);
    if (byHand) sessionStorage.setItem("onemap-rail", yes ? "1" : "");
    act.resized();
  };
  /** @type {Map<string, HTMLElement>} */
  let counts = new Map();
  /** @type {Map<string, {chip: HTMLElement, age: HTMLElement | null}>} */
  let states = new Map();
  /** Opened settings live on while the tree is drawn anew. @type {Map<string, {element: HTMLElement, refresh: () => void}>} */
  const opened = new Map();

  function draw() {
    const held = document.activeElement instanceof HTMLElement && body.contains(document.activeElement) ? document.activeElement : null;
    const row = held?.closest(".layer-line") instanceof HTMLElement ? /** @type {HTMLElement} */ (held.closest(".layer-line")).dataset.line : null;
    rows();
    if (!held || held === document.activeElement) return;
    if (body.contains(held)) held.focus();
    else if (row) /** @type {HTMLElement | null} */ (body.querySelector(`[data-line="${row}"] ${held.classList.contains("tick") ? ".tick" : ".disclose"}`))?.focus();
  }

  function rows() {
    counts = new Map();
    states = new Map();
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
      if (!folded) for (const layer of listed(layers)) add(body, line(layer), opened.get(layer.id)?.element);
    }
    if (!groups.size) add(body, nothing());
    count();
  }

  /** Why no layer is listed: none is read yet, reading failed, none is for this reader, or none has the words of the filter. */
  function nothing() {
    if (state.layers.size) return empty(t("tree.noMatch"));
    if (state.failure) return refused(state.failure, act.again);
    return known ? empty(t("tree.none")) : waiting(t("tree.loading"));
  }

  /** A layer's row with the button that opens its settings; facts are moved by dragging or with Alt and the arrows. @param {import("./types").Layer} layer */
  function line(layer) {
    const { id } = layer;
    const open = opened.has(id);
    const disclose = el("button", { class: "icon-btn disclose", type: "button", "aria-expanded": String(open), "aria-controls": open ? `settings-${id}` : null, "aria-label": t("settings.of", { layer: say(layer.label) }), title: t("settings.title"), on: { click: () => { if (!opened.delete(id)) opened.set(id, layerSettings(id, act.export)); draw(); } } }, icon("settings"));
    const moved = movable(layer);
    const made = el("div", { class: "layer-line", data: { line: id }, draggable: moved ? "true" : null, on: {
      keydown: (/** @type {KeyboardEvent} */ event) => {
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!moved || !event.altKey || !by) return;
        event.preventDefault();
        moveTo(layer, placeOf(layer) + by);
      },
      dragstart: (/** @type {DragEvent} */ event) => event.dataTransfer?.setData("text/onemap-layer", id),
      dragover: (/** @type {DragEvent} */ event) => { if (moved && event.dataTransfer?.types.includes("text/onemap-layer")) event.preventDefault(); },
      drop: (/** @type {DragEvent} */ event) => {
        const other = state.layers.get(event.dataTransfer?.getData("text/onemap-layer") || "");
        if (!other || other.group.id !== layer.group.id) return;
        event.preventDefault();
        moveTo(other, placeOf(layer));
      },
    } });
    return add(made, row(layer), disclose);
  }

  /** @param {import("./types").Layer} layer */
  function row(layer) {
    const shown = state.shown.has(layer.id);
    const tick = el("input", { class: "tick", type: "checkbox", "aria-label": say(layer.label), on: { change: () => { show(layer.id, tick.checked); keep(); draw(); } } });
    tick.checked = shown;
    const figure = el("span", { class: "count" });
    counts.set(layer.id, figure);
    const ground = Boolean(layer.style.paint);
    const chip = el("span", { class: "chip soft", hidden: true });
    const verified = !ground && layer.count > 0 ? age(layer.freshness.verified_latest) : null;
    states.set(layer.id, { chip, age: verified });
    const toTable = iconButton("table", t("table.of", { layer: say(layer.label) }), () => act.table(layer.id));
    toTable.classList.add("to-table");
    return el("label", { class: `layer${shown ? "" : " off"}${ground ? " paint" : ""}`, data: { layer: layer.id } }, tick, el("span", { class: "swatch" }, ground ? groundSwatch(layer) : image(symbolOf(layer, {}))),
      el("span", { class: "name" }, el("span", { class: "cut", text: say(layer.label) }), chip, verified, toTable), figure);
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
      said(layer, source);
    }
  }

  /** How much of a layer its filter shows, or that it is drawn from nearer only. @param {import("./types").Layer} layer @param {any} source */
  function said(layer, source) {
    const { chip, age } = states.get(layer.id) || {};
    if (!chip) return;
    const filtered = lookOf(layer.id).filter.length > 0;
    const far = !filtered && state.shown.has(layer.id) && !layer.style.paint && view.map.getZoom() < layer.style.min_zoom;
    chip.hidden = !filtered && !far;
    if (age) age.hidden = filtered || far;
    if (far) chip.textContent = t("tree.nearer");
    if (filtered) chip.textContent = source?.matched != null && source.filter ? t("filter.shown", { n: number(source.matched), all: number(layer.count) }) : t("filter.on");
  }

  on("layers", () => { known ||= !state.failure; draw(); for (const one of opened.values()) one.refresh(); });
  on("looks", (id) => { opened.get(id)?.refresh(); if (ordered !== state.order.join()) { ordered = state.order.join(); draw(); } else count(); });
  on("shown", draw);
  on("view", count);
  on("counts", count);
  addEventListener("onemap:theme", draw);
  addEventListener("onemap:rail", (event) => fold(/** @type {CustomEvent} */ (event).detail, false)); // a wide panel takes the room and gives it back
  fold(sessionStorage.getItem("onemap-rail") === "1" || innerWidth <= 900);
  draw();
}

/** @param {() => void} load */
function loadButton(load) {
  const made = iconButton("upload", t("load.title"), load);
  made.dataset.part = "load";
  return made;
}

/** @param {import("./types").Layer} layer */
function groundSwatch(layer) {
  if (layer.style.paint === "b-bound") return swatch({ line: token("m-bound"), width: 1.75, dash: [6, 2, 1, 2] }, 22, 16);
  const shade = { "b-land": "urban", "b-stream": "river", road: "national" }[layer.style.paint || ""] || "";
  return swatch(groundPaint(layer.style.paint || "", shade), 22, 16);
}
