// The wall: map, what is open, how fresh it is, what changed last; it asks by itself, and nobody need touch it.
import { ask } from "../api.js";
import { drillBand, watermark } from "../bar.js";
import { config } from "../config.js";
import { Live } from "../live.js";
import { arrange, showAsKept, unpacked } from "../looks.js";
import { densityOf } from "../map/density.js";
import { foot } from "../map/foot.js";
import { broken, keepSources, pending, reloadAll, retry, sourceOf } from "../map/holdings.js";
import { legend } from "../map/legend.js";
import { MapView } from "../map/view.js";
import { on, state, tell } from "../state.js";
import { board } from "./board.js";
import { head } from "./head.js";
import { strip } from "./strip.js";

const ASK_MS = 30000; // ages move on though nothing is written, and a question answered is the proof of a living link
const TOGETHER_MS = 1000; // changes that come within it are counted in one question
const VIEW = "#v=";

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const container = /** @type {HTMLElement} */ (document.querySelector(".folium-map"));
const columns = part("columns");
const nothing = () => {};
document.body.classList.toggle("drilling", config.space.drill);
container.inert = true; // a chart, not a tool

const view = new MapView(container, { choose: nothing, crowd: nothing, ask: nothing });
const told = head(part("head"));
const refit = board(columns);
const changed = strip(part("strip"));
legend(/** @type {Element} */ (columns.lastElementChild), view);
new ResizeObserver(refit).observe(/** @type {Element} */ (columns.lastElementChild?.lastElementChild)); // the legend takes room from what stands above it
foot(container, view);
drillBand(part("band"));
watermark(container);

/** The whole district in what the columns leave free. */
function fit() {
  const [west, south, east, north] = config.district.bbox;
  const [home, density] = [container.getBoundingClientRect(), densityOf(container)];
  const [left, right] = [...columns.children].map((one) => one.getBoundingClientRect());
  const strip = part("strip").getBoundingClientRect();
  view.size();
  view.map.options.zoomSnap = 0;
  view.map.fitBounds([[south, west], [north, east]], { animate: false, paddingTopLeft: [(left.right - home.left) / density + 8, (left.top - home.top) / density], paddingBottomRight: [(home.right - right.left) / density + 8, (home.bottom - strip.top) / density + 8] });
}

async function read() {
  try {
    const { layers } = await ask("layers");
    state.layers = new Map(layers.map((/** @type {any} */ layer) => [layer.id, layer]));
    showAsKept();
    keepSources();
    retry();
    told(null);
    tell("layers");
  } catch (error) {
    told(/** @type {Error} */ (error));
  }
}

let later = 0;
const soon = () => { later ||= window.setTimeout(async () => { await Promise.all([read(), changed()]); later = 0; }, TOGETHER_MS); };

/** How many layers are not yet there (none only once the last that came is drawn), or did not come; the head says so. */
function note() {
  document.body.dataset.pending = String(pending());
  document.body.dataset.broken = String(broken());
}

on("data", () => { if (pending() || broken()) note(); });
on("view", note);
await Promise.all([read(), changed()]);
const wanted = location.hash.startsWith(VIEW) ? unpacked(location.hash.slice(VIEW.length)) : null;
if (wanted) arrange({ ...wanted, theme: "wall" }, view);
else fit();
new Live({
  change: async (change) => {
    const layer = state.layers.get(change.layer);
    if (layer) [layer.version, layer.token] = [change.version, change.token];
    await sourceOf(change.layer)?.apply(change).catch(nothing);
    soon();
  },
  layers: soon,
  reset: async () => { await Promise.all([read(), changed()]); await reloadAll(); },
  upgraded: () => setTimeout(() => location.reload(), ASK_MS * (0.5 + Math.random())), // when all servers have come back, and not all walls at once
  home: "/wall",
});
setInterval(soon, ASK_MS);
addEventListener("resize", () => (wanted ? view.size() : fit()));
on("live", ({ state: link }) => { if (link === "on") soon(); });
document.fonts?.ready.then(() => view.redraw());
document.body.dataset.pending = "1"; // until the layers that have come are drawn
document.body.dataset.ready = "1";
view.redraw();
window.onemap = { view, state, sourceOf, ask }; // for the tests and the curious
