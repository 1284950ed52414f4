// Search: names in Chinese or by pinyin initials, codes, attributes, chainages, coordinates in any form and datum, recent ones; keyboard alone is enough.
import { ask, query, unanswered } from "./api.js";
import { symbolUrl } from "./config.js";
import { add, el, fill, icon, image } from "./dom.js";
import { shownSources } from "./map/holdings.js";
import { anchorOf, latOf, lonOf } from "./map/project.js";
import { WholeSource } from "./map/sources.js";
import { forget, recent, remember } from "./recent.js";
import { state } from "./state.js";
import { say, t } from "./words.js";
import { symbolOf } from "./panels/rows.js";

const MOST_AT_HAND = 12;
const PAUSE_MS = 140;
const SLOW_MS = 500; // an answer sooner than that needs no word before it

/** `go` is missing where there is nowhere to go; `matched` names the fields that answered. @typedef {{title: string, sub: string, matched?: string, picture?: string, sign?: keyof typeof import("./icons.js").ICONS, go?: () => void, stay?: boolean}} Row */

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
  let head = "";
  /** @type {string | null} the text that the rows answer */
  let answered = null;

  const open = (/** @type {boolean} */ yes) => {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", String(yes));
  };
  const take = (/** @type {number} */ index) => {
    const row = rows[index];
    if (!row?.go) return;
    if (row.stay) return row.go();
    open(false);
    input.blur();
    row.go();
  };
  const draw = () => {
    fill(list);
    if (head) add(list, el("div", { class: "head", role: "presentation", text: head }));
    rows.forEach((row, i) => add(list, el("button", { class: `item${i === at ? " on" : ""}`, type: "button", role: "option", id: `found-${i}`, "aria-selected": String(i === at), "aria-disabled": row.go ? null : "true", tabindex: "-1", on: { mousedown: (/** @type {Event} */ event) => event.preventDefault(), click: () => take(i) } },
      row.picture ? image(row.picture) : el("span", { class: "sign" }, icon(row.sign || "search")), el("span", { class: row.go ? "cut" : "" }, row.title, row.sub && el("span", { class: row.go ? "sub cut" : "sub", text: row.sub }), row.matched && el("span", { class: "sub cut matched", text: row.matched })))));
    input.setAttribute("aria-activedescendant", rows.length ? `found-${at}` : "");
    open(true);
  };
  const answer = (/** @type {string} */ text, /** @type {Row[]} */ found, /** @type {string} */ words) => {
    [answered, rows, head, at] = [text, found, words, 0];
    list.dataset.answers = text;
    draw();
  };

  /** The recent ones, while nothing is typed. */
  function back() {
    turn++;
    const kept = recent();
    if (!kept.length) {
      [answered, rows] = ["", []];
      return open(false);
    }
    const clear = { title: t("search.forget"), sub: "", sign: /** @type {const} */ ("close"), stay: true, go: () => { forget(); back(); } };
    answer("", [...kept.map((one) => resultRow(one, act)), clear], t("search.recent"));
  }

  async function look() {
    const text = input.value.trim();
    const mine = ++turn;
    if (!text) return back();
    const slow = window.setTimeout(() => { if (mine === turn) { [answered, rows, head] = ["", [], t("search.working", { text })]; draw(); } }, SLOW_MS);
    try {
      const { results, unsearched } = await ask(`search?${query({ q: text, limit: 12 })}`);
      if (mine !== turn) return;
      answer(text, results.map((/** @type {any} */ one) => resultRow(one, act)), headOf(text, results, unsearched));
    } catch (error) {
      if (mine !== turn) return;
      const found = unanswered(error) ? rowsAtHand(text, act) : [];
      answer(text, found, found.length ? t("search.atHand") : /** @type {Error} */ (error).message);
    } finally {
      clearTimeout(slow);
    }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = window.setTimeout(look, input.value.trim() ? PAUSE_MS : 0); });
  input.addEventListener("focus", () => (input.value.trim() ? open(false) : back()));
  input.addEventListener("blur", () => setTimeout(() => open(false), 120));
  input.addEventListener("keydown", async (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % Math.max(1, rows.length);
      draw();
      document.getElementById(`found-${at}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      clearTimeout(timer);
      if (list.hidden || answered !== input.value.trim()) await look(); // never what an earlier text had found
      take(at);
    } else if (event.key === "Escape") {
      open(false);
      input.blur();
    }
  });
  return { element: box, focus: () => { input.focus(); input.select(); } };
}

/** What is to be known of the results as a whole. @param {string} text @param {any[]} results @param {string[]} unsearched */
function headOf(text, results, unsearched) {
  if (unsearched.length) return t("search.unsearched", { layers: unsearched.map((id) => say(state.layers.get(id)?.label)).join(t("list.comma")) });
  if (!results.length) return t("search.nothing", { text });
  return results[0].kind === "coordinate" && results.length > 1 ? t("search.datumAsk") : "";
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
  const matched = (one.matches || []).map((/** @type {any} */ match) => t("search.matched", match)).join(" · ");
  const row = { title: one.title, sub: one.parts > 1 ? t("search.parts", { what: one.subtitle, n: one.parts }) : one.subtitle, matched, picture: symbolUrl("point", "plot") };
  const going = (/** @type {() => void} */ go) => ({ ...row, go: () => { remember(one); go(); } });
  if (one.kind === "feature" && layer) return { ...going(() => act.feature(one.layer, one.id, one)), picture: symbolOf(layer, {}) };
  if (one.lon != null) return going(() => act.place({ lon: one.lon, lat: one.lat, note: noteOf(one) }));
  return { ...row, picture: undefined, sign: "warn" };
}

/** What the place rests on, kept in sight beside it. @param {any} one */
function noteOf(one) {
  if (one.kind === "chainage") return t("search.chainage", { chainage: one.title, basis: one.subtitle });
  return one.datum === "as given" ? undefined : t("search.from", { datum: one.system });
}
