// The basemap under the layers: our own ground, or a source that the server fetches; when that fails our own is there again.
import { ask } from "../api.js";
import { config } from "../config.js";
import { add, el, fill } from "../dom.js";
import { timeOf } from "../format.js";
import { say, t } from "../words.js";

const KEPT = `onemap-basemap-${config.space.id}`;
const RETRY_MS = 25000;
const SMALL = 2; // zooms; what fills less than a sixteenth of the view is gone to

/** @typedef {{id: string, label: import("../types").Label, credit: string, date: string | null, whole: boolean, bounds: [number, number, number, number] | null, min_zoom: number, max_zoom: number, state: "ready" | "down" | "refused", since: string | null, refused: string | null}} Basemap */

/** Where its pictures are. @param {Basemap | undefined} one */
const boxOf = (one) => (one?.bounds ? L.latLngBounds([[one.bounds[1], one.bounds[0]], [one.bounds[3], one.bounds[2]]]) : undefined);

/** The list for the foot of the layer tree. @param {import("./view.js").MapView} view @param {(() => void) | null} [manage] where one places pictures, for whoever may */
export function basemapList(view, manage = null) {
  const { map } = view;
  const pane = map.createPane("basemap");
  pane.style.zIndex = "150";
  /** @type {Basemap[]} */
  let known = [];
  let chosen = localStorage.getItem(KEPT) || "";
  /** @type {any} */
  let tiles = null;
  let retry = 0;
  const rows = el("div", { role: "radiogroup", "aria-label": t("basemap.title") });
  const problem = el("p", { class: "note", hidden: true });
  const box = el("section", { class: "basemaps" }, el("div", { class: "group" }, el("b", { text: t("basemap.title") }), manage && el("button", { class: "link", type: "button", text: t("basemap.manage"), on: { click: manage } })), rows, problem);

  /** Our own ground gives way only to pictures that came, and lies on under imagery, which ends somewhere. @param {boolean} there */
  const shown = (there) => {
    map.getContainer().classList.toggle("on-basemap", there && Boolean(known.find((one) => one.id === chosen)?.whole));
    document.body.dataset.under = there ? chosen : "";
  };

  function use() {
    clearTimeout(retry);
    tiles?.remove();
    tiles = null;
    shown(false);
    const basemap = known.find((one) => one.id === chosen);
    if (!basemap || basemap.state === "refused") return;
    const layer = L.tileLayer(`/basemaps/${basemap.id}/{z}/{x}/{y}`, { pane: "basemap", minZoom: 4, maxZoom: 19, minNativeZoom: basemap.min_zoom, maxNativeZoom: basemap.max_zoom, keepBuffer: 1, bounds: boxOf(basemap) });
    tiles = layer;
    layer.on("tileload", () => { shown(true); if (basemap.state === "down") tellState(basemap, "ready"); });
    layer.on("tileerror", () => { if (tiles === layer) lost(basemap); });
    layer.addTo(map);
  }

  /** @param {Basemap} basemap @param {"ready" | "down"} state */
  function tellState(basemap, state) {
    basemap.since = state === "down" ? basemap.since || new Date().toISOString() : null;
    basemap.state = state;
    draw();
  }

  /** A tile did not come: ask how the source is; one that is down is tried again later. @param {Basemap} basemap */
  async function lost(basemap) {
    if (retry) return;
    retry = window.setTimeout(() => { retry = 0; if (chosen === basemap.id) use(); }, RETRY_MS);
    await read();
    const now = known.find((one) => one.id === basemap.id);
    if (now?.state === "down") shown(false);
    else { clearTimeout(retry); retry = 0; } // only that tile is missing
  }

  async function read() {
    try {
      const answer = await ask("/api/v1/basemaps");
      known = answer.basemaps;
      problem.textContent = answer.problem || "";
      problem.hidden = !answer.problem;
    } catch {
      return; // the page tells elsewhere that the server is away
    }
    draw();
  }

  // Pictures placed or taken away, here or by others: the stream tells of those.
  addEventListener("onemap:basemaps", async (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    const before = chosen;
    if (detail) localStorage.setItem(KEPT, (chosen = detail));
    await read();
    if (detail || !known.some((one) => one.id === before)) use();
    const box = detail && boxOf(known.find((one) => one.id === detail));
    if (box && (!map.getBounds().contains(box) || map.getBoundsZoom(box) > map.getZoom() + SMALL)) map.fitBounds(box, { animate: false, padding: [48, 48], maxZoom: 17 });
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) read(); });

  /** @param {Basemap} one */
  const stateOf = (one) => (one.state === "refused" ? t("basemap.refused") : one.state === "down" ? t("basemap.down", { time: one.since ? timeOf(new Date(one.since)) : "" }) : one.whole ? one.credit || t("basemap.ready") : one.date || t("basemap.undated"));

  function draw() {
    const own = { id: "", label: t("basemap.own"), aside: t("basemap.local"), refused: "", off: false };
    const others = known.map((one) => ({ id: one.id, label: say(one.label), aside: stateOf(one), refused: one.refused || "", off: one.state !== "ready" }));
    const present = others.some((one) => one.id === chosen && !one.refused) ? chosen : "";
    fill(rows, [own, ...others].map((one) => {
      const input = el("input", { class: "tick radio", type: "radio", name: "basemap", value: one.id, disabled: Boolean(one.refused), on: { change: () => { chosen = one.id; localStorage.setItem(KEPT, chosen); retry = 0; draw(); use(); } } });
      input.checked = one.id === present;
      return el("label", { class: `layer paint${one.off ? " off" : ""}`, title: one.refused || null, data: { basemap: one.id } }, input, el("span"), add(el("span", { class: "name" }), el("span", { class: "cut", text: one.label })), el("span", { class: "count" }, el("i", { text: one.aside })));
    }));
  }

  draw();
  read().then(use);
  return box;
}
