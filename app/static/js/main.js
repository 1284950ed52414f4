// Puts the page together and lets its parts speak to each other.
import { ask } from "./api.js";
import { Arrivals } from "./arrivals.js";
import { drillBand, openHelp, topBar, watermark } from "./bar.js";
import { config, hasRole } from "./config.js";
import { degradedBanner } from "./degraded.js";
import { add, button, el } from "./dom.js";
import { Live } from "./live.js";
import { arrangement, packed, setLook, showAsKept } from "./looks.js";
import { Editor } from "./edit/editor.js";
import { Booking } from "./ledger/booking.js";
import { draftsButton, draftsPanel } from "./edit/shelf.js";
import { titleOf } from "./format.js";
import { dropping } from "./load/dropping.js";
import { basemapList } from "./map/basemaps.js";
import { foot } from "./map/foot.js";
import { broken, keepSources, pending, reloadAll, retry, shownSources, sourceOf } from "./map/holdings.js";
import { legend } from "./map/legend.js";
import { Measure } from "./map/measure.js";
import { pills } from "./map/pills.js";
import { questionPoint } from "./map/point.js";
import { routes } from "./map/routes.js";
import { viewOf } from "./map/symbols.js";
import { MapView } from "./map/view.js";
import { ZoneDrawing } from "./map/zone.js";
import { pastBand } from "./past.js";
import { Panel } from "./panel.js";
import { Card, crowdPanel, placeOf } from "./panels/card.js";
import { changesPanel, gonePanel } from "./panels/changes.js";
import { Coverage } from "./panels/coverage.js";
import { DefinitionPanel, definitionsPanel, mayShape } from "./panels/definition.js";
import { drillsPanel } from "./panels/drills.js";
import { imageryPanel, mayPlace, pictureOf } from "./panels/imagery.js";
import { loadPanel } from "./panels/load.js";
import { loadsPanel, recordPanel } from "./panels/loads.js";
import { plotPanel, writable } from "./panels/plot.js";
import { exportPanel } from "./panels/export.js";
import { printPanel } from "./panels/print.js";
import { Question } from "./panels/question.js";
import { openLinked, viewsPanel } from "./panels/views.js";
import { searchBox } from "./search.js";
import { choose, on, show, state, tell } from "./state.js";
import { Table } from "./table/dock.js";
import { toast, toasts } from "./toast.js";
import { promptCard, toolButtons } from "./tools.js";
import { begin, firstVisit } from "./tour.js";
import { layerTree } from "./tree.js";
import { say, t } from "./words.js";

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const main = part("main");
document.documentElement.dataset.theme = localStorage.getItem("onemap-theme") || "day";
document.body.classList.toggle("drilling", config.space.drill);

const view = new MapView(/** @type {HTMLElement} */ (main.querySelector(".folium-map")), {
  choose: (layer, id) => openCard(layer, id),
  crowd: (all) => crowdPanel(panel, all, openCard),
  ask: (lon, lat) => question.at({ lon, lat }),
});
const panel = new Panel(part("right"), { resized: () => view.size(), closed: () => { question.leave(); choose(null); }, home: () => view.map.getContainer() });
const drawing = new ZoneDrawing(view, { changed: (zone) => question.setZone(zone) });
const question = new Question(panel, view, drawing, { card: (layer, id) => openCard(layer, id, true), tools: () => pressed(), table: (layer) => table.open(layer), pick: (words, done) => pick(words, done), prompt: (words) => tellPrompt(words), keep: (layer, geometry) => editor.make(layer, { geometry }) });
const coverage = new Coverage(panel, view, { card: (layer, id, back) => openCard(layer, id, back), pick: (words, done) => pick(words, done), tools: () => pressed() });
const card = new Card(panel, view, {
  nearest: (place) => question.at(place, "nearest"),
  zone: (place) => question.at(place, "zone"),
  back: null, card: (layer, id) => openCard(layer, id, Boolean(card.act.back)), enter: (book, accounts, kind, back) => { stop(); new Booking(panel, book, accounts, kind, back); }, edit: (layer, feature) => { stop(); editor.change(layer, feature); },
});

/** @param {string} layer @param {string} id @param {boolean | (() => void)} [fromAnswer] whether the way back leads to the question, or where else it leads */
async function openCard(layer, id, fromAnswer = false) {
  const back = typeof fromAnswer === "function" ? fromAnswer : () => question.render();
  card.act.back = fromAnswer || (state.place && question.nearest) ? () => { choose(null); back(); } : null;
  await card.open(layer, id);
  const feature = card.feature;
  const known = state.layers.get(layer);
  if (!feature || !known || feature.id !== id) return;
  const place = placeOf(known, feature);
  if (!place) return;
  if (!view.map.getBounds().pad(-0.04).contains([place.lat, place.lon])) view.go(place.lon, place.lat);
  view.clear(place.lon, place.lat, part("right"));
}

const table = new Table(main, view, panel, { card: (layer, id) => openCard(layer, id), resized: () => view.size(), export: (layer, seen) => openExport(layer, seen) });
const tellPrompt = promptCard(main);
const editor = new Editor(panel, view, drawing, {
  done: (layer, feature) => {
    if (!feature) return panel.close();
    toast(t("form.saved"));
    if (!state.shown.has(layer.id)) show(layer.id, true);
    choose({ layer: layer.id, id: feature.id });
    card.show(layer, feature);
  },
  left: (layer, feature) => (feature ? card.show(layer, feature) : openPlot()),
  prompt: tellPrompt, tools: () => pressed(),
});
const measure = new Measure(view, (words) => tellPrompt(words && t("prompt.measure", { length: words })));
const search = searchBox({
  place: (place) => { view.go(place.lon, place.lat, 13); question.at(place); },
  feature: (layer, id, at) => {
    if (at.bbox && at.bbox[2] - at.bbox[0] > 0.02) view.fit(/** @type {any} */ (at.bbox));
    else if (at.lon != null && at.lat != null) view.go(at.lon, at.lat, 13);
    openCard(layer, id);
  },
});

/** The place one asks about: the question's, the chosen feature's, else the next click. @param {"nearest" | "zone"} tab */
function askAbout(tab) {
  stop();
  if (panel.kind === "question" && state.place) return question.open(tab);
  if (panel.kind === "card" && card.layer && card.feature) {
    const place = placeOf(card.layer, card.feature);
    if (place) return question.at(place, tab);
  }
  aim(tab);
}

/** @type {"nearest" | "zone" | null} */
let aiming = null;
/** @param {"nearest" | "zone"} tab */
function aim(tab) {
  aiming = tab;
  view.map.getContainer().classList.add("aiming");
  tellPrompt(t(tab === "nearest" ? "prompt.nearest" : "prompt.zone"));
  view.act.ask = (lon, lat) => { stop(); question.at({ lon, lat }, tab); };
  pressed();
}

/** The next click on the map is a place for somebody. @param {string} words @param {(lon: number, lat: number) => void} done */
function pick(words, done) {
  stop();
  picking = true;
  view.map.getContainer().classList.add("aiming", "placing");
  tellPrompt(words);
  view.act.ask = (lon, lat) => { stop(); done(lon, lat); };
}
let picking = false;

/** Leave whatever tool is at work; true if one was. */
function stop() {
  const was = Boolean(aiming) || picking || drawing.drawing || measure.on;
  aiming = null;
  picking = false;
  drawing.cancel();
  measure.stop();
  tellPrompt(null);
  view.map.getContainer().classList.remove("aiming", "placing");
  view.act.ask = (lon, lat) => question.at({ lon, lat });
  pressed();
  return was;
}

const editShown = () => { if (panel.kind === "card" && card.layer?.allowed.includes("write") && card.feature?.id === state.chosen?.id) card.act.edit(card.layer, /** @type {any} */ (card.feature)); };
const openPlot = () => { stop(); plotPanel(panel, (layer) => editor.make(layer)); };
const toggleMeasure = () => { const was = measure.on; stop(); if (!was) measure.start(); pressed(); };
const openLoad = (/** @type {File[]} */ files = []) => { stop(); loadPanel(panel, { ...recordActs, layers: readLayers, view, main, records: openRecords, record: openRecord, definitions: mayShape() ? openDefinitions : null, picture: mayPlace() ? openPicture : null }, files); };
const openPicture = (/** @type {File | null} */ file = null) => { stop(); imageryPanel(panel, file); };
const openDropped = (/** @type {File[]} */ files) => { const picture = mayPlace() ? pictureOf(files) : null; if (picture) openPicture(picture); else openLoad(files); };
const recordActs = { card: (/** @type {string} */ layer, /** @type {string} */ id) => openCard(layer, id), layers: () => readLayers(), view };
const openDefinitions = () => { stop(); definitionsPanel(panel, { layers: readLayers }); };
addEventListener("onemap:define", (event) => { stop(); new DefinitionPanel(panel, { layers: readLayers }).open(/** @type {CustomEvent} */ (event).detail); });
const openRecords = () => { stop(); loadsPanel(panel, recordActs); };
const openRecord = (/** @type {string} */ id) => { stop(); recordPanel(panel, recordActs, id); };
const openPrint = () => { stop(); printPanel(panel, view, question); pressed(); };
/** @param {string} id @param {import("./panels/export.js").Seen} [seen] */
const openExport = (id, seen) => { const layer = state.layers.get(id); stop(); if (layer) exportPanel(panel, view, layer, seen); pressed(); };
const mayLoad = !config.space.past && hasRole("gis_staff", "planner", "drill_controller");
if (mayLoad) dropping(main, async (files) => {
  if (!state.layers.size) await readLayers(); // dropped before the first came: which of them it is for could not be told
  openDropped(files);
});
/** Of the layer whose card is open, or of the one looked at last. */
const openCoverage = () => { const of = panel.kind === "card" ? card.layer?.id : undefined; stop(); question.leave(); coverage.open(of); };
const pressed = toolButtons(main, [
  { id: "nearest", icon: "nearest", key: "N", words: t("tools.nearest"), act: () => askAbout("nearest"), on: () => aiming === "nearest" || (panel?.kind === "question" && question?.tab === "nearest") },
  { id: "zone", icon: "zone", key: "Z", words: t("tools.zone"), act: () => askAbout("zone"), on: () => aiming === "zone" || (panel?.kind === "question" && question?.tab === "zone") },
  { id: "coverage", icon: "reach", key: "C", words: t("coverage.title"), act: openCoverage, on: () => panel?.kind === "coverage" },
  { id: "measure", icon: "measure", key: "M", words: t("tools.measure"), act: toggleMeasure, on: () => Boolean(measure?.on) },
  { id: "plot", icon: "plot", key: "P", words: t("tools.plot"), act: openPlot, on: () => panel?.kind === "plot" },
  { id: "print", icon: "print", key: "I", words: t("print.title"), act: openPrint, on: () => panel?.kind === "print" },
], { zoom: (by) => view.map.setZoom(Math.round(view.map.getZoom()) + by), whole: () => view.whole() });

const keys = {
  "/": () => search.focus(), n: () => askAbout("nearest"), z: () => askAbout("zone"), m: toggleMeasure, c: openCoverage,
  p: openPlot, i: openPrint, t: () => table.turn(), e: editShown, "?": openHelp, Escape: () => stop() || (panel.isOpen ? panel.close() : table.close()),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof HTMLElement && event.target.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select") && event.key !== "Escape")) return;
  const act = keys[/** @type {keyof typeof keys} */ (event.key.length === 1 ? event.key.toLowerCase() : event.key)];
  if (!act) return;
  event.preventDefault();
  act();
});

let read = false; // once there are layers, a failure takes nothing away

/** Layers as they are now: new ones appear, counts and versions move on. */
async function readLayers() {
  try {
    const { layers } = await ask("layers");
    const before = new Set(state.layers.keys());
    state.layers = new Map(layers.map((/** @type {any} */ layer) => [layer.id, layer]));
    state.failure = null;
    showAsKept();
    keepSources();
    tell("layers");
    const fresh = before.size ? layers.filter((/** @type {any} */ layer) => !before.has(layer.id)) : [];
    for (const layer of fresh) toast(t("live.newLayer", { layer: say(layer.label) }), { icon: "layers" });
    failed(null);
    read = true;
  } catch (error) {
    state.failure = error;
    if (!read) tell("layers");
    failed(error);
  }
}

const AGE_MS = 600000; // freshness is counted anew though nothing is written
let later = 0;
const soonLayers = () => { later ||= window.setTimeout(() => { later = 0; readLayers(); }, 400); }; // also while changes never cease

/** @type {Set<string>} */
const touched = new Set();
let answering = 0;
/** Answers that rest on a changed layer are asked for anew, once for all that changed meanwhile. @param {string} layer */
function soonAnswers(layer) {
  touched.add(layer);
  answering ||= window.setTimeout(() => { answering = 0; question.refresh(new Set(touched)); coverage.refresh(new Set(touched)); touched.clear(); }, 400);
}

const notice = el("div", { class: "float card notice-map", hidden: true });
/** @param {any} error */
function failed(error) {
  const count = broken();
  notice.hidden = !error && !count;
  if (notice.hidden) return;
  notice.replaceChildren(el("div", { class: "note stale", role: "status" }, el("b", { text: t("map.partial") }), error ? error.message : t("map.broken", { n: count }), el("div", { class: "acts" }, button(t("action.again"), () => { retry(); readLayers(); }, { small: true }))));
}
add(main, notice);
degradedBanner(main, { back: () => { retry(); readLayers(); question.again(); } });
on("data", () => { failed(null); if (pending()) notePending(); });
on("view", () => notePending());

/** How many layers are not yet there, for tests: none only once the last that came is drawn; and the moment when the first view was whole. */
function notePending() {
  const left = pending();
  document.body.dataset.pending = String(left);
  if (!left && document.body.dataset.ready && !performance.getEntriesByName("onemap-whole").length) requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("onemap-whole")));
}

topBar(part("bar"), search.element, draftsButton(() => { stop(); draftsPanel(panel, editor); }), { drills: () => { stop(); drillsPanel(panel); }, tour: () => { stop(); begin(true); } });
drillBand(part("band"));
pastBand(part("band"));
watermark(main);
layerTree(part("left"), view, { table: (id) => table.open(id), export: (id) => openExport(id), resized: () => view.size(), changes: () => { stop(); changesPanel(panel, view, { card: openCard, loads: mayLoad ? openRecords : null }); }, views: () => { stop(); viewsPanel(panel, view); }, load: mayLoad ? () => openLoad() : null, foot: basemapList(view, mayPlace() ? () => openPicture() : null), again: () => readLayers() });
legend(main, view);
foot(main, view);
pills(main, view);
on("chosen", () => pressed());
on("question", () => pressed());
on("looks", () => question.looked());
questionPoint(view);
routes(view, question);
toasts(main);

/** Whether features of one layer belong to those of another: the stock of a depot. @param {string} child @param {string} parent */
const refersTo = (child, parent) => Boolean(state.layers.get(child)?.fields.some((one) => one.reference === parent));

/** The open card shows what its feature became and what belongs to it; of a deleted one its life and the way back. @param {import("./arrivals.js").Arrived} change */
function followOpen(change) {
  if (!["card", "gone"].includes(panel.kind)) return;
  const { layer, feature } = card;
  const open = change.features.find((one) => one.id === state.chosen?.id);
  if (!open) return void (panel.kind === "card" && layer && refersTo(change.layer, layer.id) && card.open(layer.id, String(feature?.id)));
  if (open.op !== "delete") { if (change.by.some((one) => one !== config.user.name)) card.open(change.layer, open.id); }
  else if (layer && feature?.id === open.id) gonePanel(panel, view, layer, { id: open.id, title: titleOf(layer, feature) }, { card: openCard });
}

const arrivals = new Arrivals(async (change) => {
  const layer = state.layers.get(change.layer);
  if (!layer || (!change.features.length && !change.truncated)) return readLayers(); // it is new, or was defined anew
  layer.version = change.version;
  layer.token = change.token;
  await sourceOf(change.layer)?.apply(change).catch(() => reloadAll());
  soonLayers();
  table.changed(change);
  soonAnswers(change.layer);
  followOpen(change);
  const others = change.by.filter((one) => one !== config.user.name);
  if (!others.length) return;
  toast(t("live.changed", { by: others.map((one) => one || t("live.somebody")).join(t("list.comma")), layer: say(layer.label), n: change.truncated ? "200+" : change.features.length }), { icon: "history", key: `change-${change.layer}` });
});

await readLayers();
await openLinked(view);
if (config.space.past) tell("live", { state: "past", since: new Date(config.space.as_of || 0) }); // nothing happens any more
const live = config.space.past ? null : new Live({
  change: (change) => arrivals.add(change),
  layers: soonLayers,
  reset: async () => { await readLayers(); await reloadAll(); if (table.isOpen) await table.ask(); },
  upgraded: () => toast(t("live.upgraded"), { icon: "warn", key: "upgraded", stay: true, act: [t("live.reload"), () => location.reload()] }),
});
addEventListener("onemap:theme", () => view.repaint());
addEventListener("online", () => retry());
if (!config.space.past) setInterval(soonLayers, AGE_MS);
document.fonts?.ready.then(() => view.redraw());
document.body.dataset.pending = "1"; // until the layers that have come are drawn
document.body.dataset.ready = "1";
view.redraw();
firstVisit();
window.onemap = { view, state, question, table, card: openCard, live, writable, sourceOf, shownSources, viewOf, arrangement, packed, setLook, Card }; // for the tests and the curious
