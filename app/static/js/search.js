// Search: names in Chinese or by pinyin initials, codes, coordinates in any form and datum; keyboard alone is enough.
import { ask, query, unanswered } from "./api.js";
import { symbolUrl } from "./config.js";
import { add, el, fill, icon, image } from "./dom.js";
import { shownSources } from "./map/holdings.js";
import { anchorOf, latOf, lonOf } from "./map/project.js";
import { WholeSource } from "./map/sources.js";
import { state } from "./state.js";
import { say, t } from "./words.js";
import { symbolOf } from "./panels/rows.js";

const MOST_AT_HAND = 12;
const PAUSE_MS = 140;
const SLOW_MS = 500; // an answer sooner than that needs no word before it

/** @typedef {{title: string, sub: string, picture: string, go: () => void}} Row */

/** @param {{place: (place: import("./state.js").Place) => void, feature: (layer: string, id: string, at: {lon: number | null, lat: number | null, bbox: number[] | null}) => void}} act */
export function searchBox(act) {
  const input = el("input", { type: "search", id: "find", role: "combobox", "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: t("search.placeholder"), "aria-label": t("search.placeholder"), maxlength: "200" });
  const list = el("div", { class: "drop found", id: "found", role: "listbox", hidden: true });
  const box = el("div", { class: "find", role: "search" }, el("label", { class: "find-box", for: "find" }, icon("search"), input, el("span", { class: "key", text: "/", "aria-hidden": "true" })), list);
  /** @type {Row[]} */
  let rows = [];
  let at = 0;
  let turn = 0;
  let timer = 0;

  const open = (/** @type {boolean} */ yes) => {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
  };
  const take = (/** @type {number} */ index) => {
    const row = rows[index];
    if (!row) return;
    open(false);
    input.blur();
    row.go();
  };
  const draw = (/** @type {string} */ words) => {
    fill(list);
    if (words) add(list, el("div", { class: "head", text: words }));
    rows.forEach((row, i) => add(list, el("button", { class: `item${i === at ? " on" : ""}`, type: "button", role: "option", id: `found-${i}`, "aria-selected": String(i === at), tabindex: "-1", on: { mousedown: (/** @type {Event} */ event) => event.preventDefault(), click: () => take(i) } },
      image(row.picture), el("span", { class: "cut" }, row.title, el("span", { class: "sub cut", text: row.sub })))));
    input.setAttribute("aria-activedescendant", rows.length ? `found-${at}` : "");
    open(true);
  };

  async function look() {
    const text = input.value.trim();
    const mine = ++turn;
    if (!text) return open(false);
    const slow = window.setTimeout(() => { if (mine === turn) { rows = []; draw(t("search.working", { text })); } }, SLOW_MS);
    try {
      const { results } = await ask(`search?${query({ q: text, limit: 12 })}`);
      if (mine !== turn) return;
      rows = results.map((/** @type {any} */ one) => resultRow(one, act));
      at = 0;
      draw(!rows.length ? t("search.nothing", { text }) : results[0].kind === "coordinate" ? t("search.datumAsk") : "");
    } catch (error) {
      if (mine !== turn) return;
      rows = unanswered(error) ? rowsAtHand(text, act) : [];
      at = 0;
      draw(rows.length ? t("search.atHand") : /** @type {Error} */ (error).message);
    } finally {
      clearTimeout(slow);
    }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = window.setTimeout(look, PAUSE_MS); });
  input.addEventListener("focus", () => open(false));
  input.addEventListener("blur", () => setTimeout(() => open(false), 120));
  input.addEventListener("keydown", async (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % Math.max(1, rows.length);
      draw("");
      list.children[at]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      clearTimeout(timer);
      if (list.hidden || !rows.length) await look();
      take(at);
    } else if (event.key === "Escape") {
      open(false);
      input.blur();
    }
  });
  return { element: box, focus: () => { input.focus(); input.select(); } };
}

/** What is on the page already, while nobody answers: names that hold the text. @param {string} text @param {any} act @returns {Row[]} */
function rowsAtHand(text, act) {
  const found = [];
  const wanted = text.normalize("NFKC").toLowerCase();
  for (const source of shownSources()) {
    if (!(source instanceof WholeSource) || source.layer.style.paint) continue;
    for (const drawn of source.all.values()) {
      if (!drawn.title.toLowerCase().includes(wanted)) continue;
      const [x, y] = anchorOf(drawn);
      found.push({ title: drawn.title, sub: say(source.layer.label), picture: symbolOf(source.layer, drawn.properties), go: () => act.feature(source.layer.id, drawn.id, { lon: lonOf(x), lat: latOf(y), bbox: null }) });
      if (found.length === MOST_AT_HAND) return found;
    }
  }
  return found;
}

/** @param {any} one @param {any} act @returns {Row} */
function resultRow(one, act) {
  const layer = state.layers.get(one.layer);
  if (one.kind === "coordinate" || !layer) return { title: one.title, sub: one.subtitle, picture: symbolUrl("point", "plot"), go: () => act.place({ lon: one.lon, lat: one.lat, note: one.datum === "as given" ? undefined : t("search.from", { datum: one.system }) }) };
  return { title: one.title, sub: one.subtitle, picture: symbolOf(layer, {}), go: () => act.feature(one.layer, one.id, one) };
}
