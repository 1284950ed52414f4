// The export panel: which features of a layer, in which format and coordinates; says how many and what of them is masked.
import { Refusal, ask, query } from "../api.js";
import { config } from "../config.js";
import { button, el, fill } from "../dom.js";
import { dayOf, number, timeOf } from "../format.js";
import { lookOf } from "../looks.js";
import { refused, section, sectionHead, waiting } from "../panel.js";
import { fetchFile, save } from "../saving.js";
import { state } from "../state.js";
import { filterText } from "../terms.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { symbolOf } from "./rows.js";

const DIRECT = 50_000; // features from which the browser takes the file itself, without holding it
const FORMATS = /** @type {const} */ (["xlsx", "csv", "gpkg", "shp", "geojson", "kml", "fgb", "dxf"]);
const SHAPELESS = ["xlsx", "csv", "gpkg"];
const TABLES = ["xlsx", "csv"];
const DEGREES = ["geojson", "kml"];
const SHIFTED = "gcj02";

/** @typedef {import("../types").Layer} Layer @typedef {"chosen" | "filtered" | "view" | "zone" | "all"} Which */
/** What a table adds: its rows, columns and order. @typedef {{ids: string[], filter: string, sort: string, fields: string[], inView: boolean}} Seen */
/** What was chosen last stays chosen. */
const wish = { format: "xlsx", words: true, encoding: "UTF-8", columns: "seen" };
/** @type {Promise<any> | null} the systems there are; the same all day */
let systems = null;

/** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {Layer} layer @param {Seen} [seen] */
export function exportPanel(panel, view, layer, seen) {
  const shaped = layer.geometry !== "none";
  const { body, acts, current } = panel.open({ kind: "export", picture: symbolOf(layer, {}), title: t("export.of", { layer: say(layer.label) }), meta: config.space.past && config.space.as_of ? momentWords(new Date(config.space.as_of)) : t("export.now"), focus: true });
  const box = shaped ? view.box() : null;
  const filter = seen ? seen.filter : filterText(layer, lookOf(layer.id).filter);
  const parts = { format: el("div"), more: el("div"), said: el("div", { role: "status" }) };
  const formats = FORMATS.filter((one) => shaped || SHAPELESS.includes(one));
  if (!formats.includes(/** @type {any} */ (wish.format))) wish.format = "xlsx";
  /** @type {{value: Which, words: string}[]} */
  const offered = /** @type {any} */ ([
    seen?.ids.length ? { value: "chosen", words: t("export.chosen", { n: number(seen.ids.length) }) } : null,
    filter ? { value: "filtered", words: t("export.filtered") } : null,
    box ? { value: "view", words: t(filter ? "export.viewFiltered" : "export.view") } : null,
    shaped && state.zone && !state.zone.refused ? { value: "zone", words: t(filter ? "export.zoneFiltered" : "export.zone") } : null,
    { value: "all", words: t("export.all", { n: number(layer.count) }) },
  ].filter(Boolean));
  /** @type {Which} */
  let which = seen?.ids.length ? "chosen" : seen?.inView && box ? "view" : filter ? "filtered" : "all";
  let system = "";
  let turn = 0;
  let count = 0;

  /** Which features, as the server is asked. */
  const asked = () => ({
    ...(which === "chosen" && seen ? { ids: seen.ids } : {}), ...(which !== "all" && which !== "chosen" && filter ? { filter } : {}), ...(which === "view" ? { bbox: box } : {}),
    ...(which === "zone" && state.zone ? zoneBody(state.zone) : {}),
  });

  /** How the file is made. */
  const how = () => ({
    format: wish.format, ...(seen?.sort ? { sort: seen.sort } : {}), ...(TABLES.includes(wish.format) ? { words: wish.words } : {}), ...(wish.format === "shp" ? { encoding: wish.encoding } : {}),
    ...(seen && wish.columns === "seen" ? { fields: seen.fields } : {}), ...(shaped && system === SHIFTED ? { datum: SHIFTED } : shaped && system ? { crs: system } : {}),
  });

  async function recount() {
    const mine = ++turn;
    acts();
    fill(parts.said, waiting(t("export.counting")));
    try {
      const found = await ask(`layers/${layer.id}/export/preview`, { body: asked() });
      if (mine !== turn || !current()) return;
      count = found.count;
      const masked = layer.fields.filter((field) => found.masked.includes(field.id) && (!seen || wish.columns === "all" || seen.fields.includes(field.id))).map((field) => say(field.label));
      fill(parts.said, el("p", { class: "meta" }, el("b", { text: t("export.count", { n: number(count) }) })), masked.length > 0 && el("p", { class: "meta", text: t("export.masked", { fields: masked.join(t("list.comma")) }) }), found.coarse && el("p", { class: "meta", text: t("export.coarse") }));
      act();
    } catch (error) {
      if (mine === turn && current()) fill(parts.said, refused(error, recount));
    }
  }

  const act = () => acts(button(t("export.do", { n: number(count) }), go, { primary: true, wide: true, icon: "download" }));

  async function go() {
    const address = `${config.api}/layers/${layer.id}/export`;
    const wanted = /** @type {Record<string, any>} */ ({ ...how(), ...asked() });
    if (count > DIRECT && !wanted.zone && !wanted.ids) return (save(`${address}?${query({ ...wanted, fields: wanted.fields?.join(","), bbox: wanted.bbox?.join(",") })}`, ""), toast(t("export.started")));
    acts();
    fill(parts.said, waiting(t("export.making")));
    try {
      const { name, count: rows } = await fetchFile(address, wanted, `${layer.id}.${wish.format}`);
      toast(t("export.done", { n: number(rows), name }));
      if (current()) recount();
    } catch (error) {
      if (!current()) return;
      fill(parts.said, el("div", { class: "note bad", role: "alert" }, el("b", { text: error instanceof Refusal ? error.message : t("error.offline") }), error instanceof Refusal ? error.problem.remedy || "" : ""));
      act();
    }
  }

  const name = `export-${layer.id}`;
  const choice = (/** @type {{value: Which, words: string}} */ one) => {
    const input = el("input", { type: "radio", name, value: one.value, on: { change: () => { which = one.value; recount(); } } });
    input.checked = one.value === which;
    return el("label", { class: "tick-row", data: { which: one.value } }, input, one.words);
  };
  const either = (/** @type {string} */ title, /** @type {"words" | "encoding" | "columns"} */ of, /** @type {[any, string][]} */ all) => el("div", { class: "field" }, el("span", { class: "meta", text: title }),
    el("div", { class: "segments", role: "group", "aria-label": title }, all.map(([value, words]) => el("button", { type: "button", "aria-pressed": String(wish[of] === value), text: words, on: { click: () => { /** @type {any} */ (wish)[of] = value; draw(); if (of === "columns") recount(); } } }))));

  /** Format, and what goes with it. */
  function draw() {
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.format : "";
    fill(parts.format, el("div", { class: "choices roomy", role: "group", "aria-label": t("export.format") }, formats.map((one) => el("button", { class: "chip", type: "button", text: t(`export.format.${one}`), data: { format: one }, "aria-pressed": String(one === wish.format), on: { click: () => { wish.format = one; draw(); } } }))),
      el("p", { class: "meta", text: t(/** @type {any} */ (`export.about.${wish.format}`)) }));
    if (held) /** @type {HTMLElement | null} */ (parts.format.querySelector(`[data-format="${held}"]`))?.focus();
    fill(parts.more, wish.format === "shp" && either(t("export.encoding"), "encoding", [["UTF-8", "UTF-8"], ["GBK", "GBK"]]),
      TABLES.includes(wish.format) && either(t("export.values"), "words", [[true, t("export.words")], [false, t("export.codes")]]),
      seen && either(t("export.columns"), "columns", [["seen", t("export.columnsSeen", { n: seen.fields.length })], ["all", t("export.columnsAll", { n: layer.fields.length })]]));
    if (shaped) place();
  }

  const where = el("div");
  /** The systems that this format can be written in. */
  async function place() {
    try {
      const found = await (systems ||= ask("export/systems"));
      if (!current()) return;
      const degrees = wish.format === "dxf" ? [] : [["EPSG:4490", t("export.cgcs")], ["EPSG:4326", t("export.wgs")]];
      const grids = DEGREES.includes(wish.format) ? [] : found.grids.map((/** @type {any} */ one) => [one.crs, t(one.zoned ? "export.gridZoned" : "export.grid", { width: one.width, meridian: one.meridian, crs: one.crs.replace("EPSG:", "") })]);
      const all = [...degrees, ...grids, ...(wish.format === "dxf" ? [] : [[SHIFTED, t("export.shifted")]])];
      if (!all.some(([value]) => value === system)) system = all[0][0];
      const select = el("select", { id: "export-system", on: { change: () => { system = select.value; note(); } } }, all.map(([value, words]) => el("option", { value, text: words })));
      const about = el("p", { class: "hint" });
      const note = () => { about.textContent = system === SHIFTED ? t("export.shiftedNote") : system === "EPSG:4326" ? t("export.wgsNote") : ""; };
      select.value = system;
      note();
      fill(where, el("div", { class: "field" }, el("label", { for: "export-system", text: t("export.system") }), el("div", { class: "input" }, select), about));
    } catch (error) {
      systems = null;
      if (current()) fill(where, refused(error, place));
    }
  }

  section(body, sectionHead(t("export.which")), el("div", { role: "radiogroup", "aria-label": t("export.which") }, offered.map(choice)));
  section(body, sectionHead(t("export.format")), parts.format, shaped && where, parts.more);
  section(body, parts.said);
  section(body, el("div", { class: "section-head" }, el("h3", { text: t("export.everything") })), el("p", { class: "meta", text: t("export.everythingNote") }), button(t("export.everythingDo"), () => save(`${config.api}/export`, ""), { small: true }));
  draw();
  recount();
}

/** @param {Date} when */
const momentWords = (when) => t("export.moment", { when: `${dayOf(when)} ${timeOf(when)}` });

/** @param {import("../state.js").Zone} zone */
const zoneBody = (zone) => (zone.kind === "circle" ? { zone: { type: "Point", coordinates: [zone.lon, zone.lat] }, buffer_m: zone.radius_m } : { zone: zone.geometry });
