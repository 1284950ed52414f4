// The part of the form that is the shape: where, how long, how large, how far it moved, and the tools that change it.
import { ask, query } from "../api.js";
import { button, el, fill, icon, iconButton } from "../dom.js";
import { areaText, bearing, coordinates, distanceText, number } from "../format.js";
import { sectionHead } from "../panel.js";
import { t } from "../words.js";

const PAUSE_MS = 120;
const DIGITS = 6;

/** @typedef {{tool: (name: string) => void, place: (geometry: any) => void, undo: () => void, redo: () => void, size: (size: any) => void}} Acts */

export class Position {
  /** @param {import("../types").Layer} layer @param {import("./draft.js").Draft} draft @param {Acts} act */
  constructor(layer, draft, act) {
    this.layer = layer;
    this.draft = draft;
    this.act = act;
    this.turn = 0;
    this.timer = 0;
    this.head = el("div", { class: "acts-inline" });
    this.body = el("div");
    this.said = el("p", { class: "hint", role: "status" });
    this.refusal = el("div");
    this.tools = el("div", { class: "tool-row", role: "group", "aria-label": t("edit.tools") });
    this.element = el("section", { class: "section" }, sectionHead(t("edit.position"), this.head), this.body, this.refusal, this.said, this.tools);
    this.pressed = "";
    this.draw();
  }

  draw() {
    const { draft, act } = this;
    const geometry = draft.now.geometry;
    const undo = iconButton("undo", t("edit.undo"), act.undo);
    const redo = iconButton("redo", t("edit.redo"), act.redo);
    undo.disabled = !draft.undoable;
    redo.disabled = !draft.redoable;
    fill(this.refusal);
    fill(this.head, undo, redo);
    fill(this.body, !geometry || geometry.type === "Point" ? this.typed(geometry) : null);
    fill(this.tools, this.offered(geometry).map(([name, words]) => {
      const made = button(words, () => act.tool(name), { small: true });
      made.setAttribute("aria-pressed", String(this.pressed === name));
      return made;
    }));
    this.measure();
  }

  /** Which tools suit the layer and the shape there is. @param {any} geometry @returns {[string, string][]} */
  offered(geometry) {
    const kinds = { point: ["Marker"], line: ["Line"], polygon: ["Polygon"], point_or_polygon: ["Marker", "Polygon"], any: ["Marker", "Line", "Polygon"] }[this.layer.geometry] || [];
    const draws = kinds.map((kind) => /** @type {[string, string]} */ ([kind, t(/** @type {any} */ (geometry ? `edit.again.${kind}` : `plot.${kind}`))]));
    if (!geometry || /Point/.test(geometry.type)) return draws;
    const shape = /** @type {[string, string][]} */ ([["drag", t("edit.move")], ["split", t("edit.split")], ["merge", t("edit.merge")]]);
    if (/Polygon/.test(geometry.type)) shape.push(["cut", t("edit.cut")]);
    return [...(this.draft.id ? shape : shape.filter(([name]) => name !== "merge" && name !== "split")), ...draws];
  }

  /** A box for coordinates in any form; the datum is asked, for a value cannot tell it. @param {any} geometry */
  typed(geometry) {
    if (!["point", "point_or_polygon", "any"].includes(this.layer.geometry)) return null;
    const input = el("input", { id: "f-position", value: geometry ? coordinates(geometry.coordinates[0], geometry.coordinates[1], DIGITS) : "", placeholder: t("edit.coordinates"), maxlength: "120", autocomplete: "off", on: { change: () => this.read(input), keydown: (/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === "Enter") this.read(input); } } });
    this.choices = el("div", { class: "hint" });
    const moved = this.draft.moved && this.draft.was.geometry;
    return el("div", { class: "field" }, el("label", { for: "f-position", text: t("edit.coordinate") }), el("div", { class: `input${moved ? " changed" : ""}` }, input, el("span", { class: "of", text: "CGCS2000" })), this.choices);
  }

  /** @param {any} input */
  async read(input) {
    const text = input.value.trim();
    if (!text || !this.choices) return;
    try {
      const found = await readings(text);
      if (!found.length) return fill(this.choices, el("span", { class: "hint bad" }, icon("warn"), ` ${t("edit.unreadable")}`));
      if (found.length === 1) return this.act.place(point(found[0]));
      fill(this.choices, el("span", { text: t("search.datumAsk") }), el("div", { class: "tool-row" }, found.map((one) => button(one.words, () => this.act.place(point(one)), { small: true }))));
    } catch (error) {
      fill(this.choices, el("span", { class: "hint bad" }, icon("warn"), ` ${/** @type {Error} */ (error).message}`));
    }
  }

  /** The server holds the place for a mistake; whoever knows better says so. @param {string} words @param {() => void} confirm */
  refuse(words, confirm) {
    fill(this.refusal, el("div", { class: "note bad", role: "alert" }, el("b", {}, icon("warn"), ` ${words}`), el("p", { text: t("edit.farAdvice") }),
      el("div", { class: "acts" }, button(t("edit.reallyHere"), confirm, { small: true }))));
  }

  /** Ask the server how large it is, once the hand rests. */
  measure() {
    clearTimeout(this.timer);
    const { geometry } = this.draft.now;
    const mine = ++this.turn;
    if (!geometry) return fill(this.said, this.draft.id ? "" : t("edit.noShape"));
    this.timer = window.setTimeout(async () => {
      try {
        const answer = await ask("shapes/size", { body: { geometry, ...(this.draft.was.geometry && this.draft.moved ? { before: this.draft.was.geometry } : {}) } });
        if (mine !== this.turn) return;
        fill(this.said, this.words(answer));
        this.said.classList.toggle("bad", !answer.in_district);
        this.act.size(answer.size);
      } catch (error) {
        if (mine === this.turn) fill(this.said, /** @type {any} */ (error).errors?.[0]?.message || /** @type {Error} */ (error).message);
      }
    }, PAUSE_MS);
    return undefined;
  }

  /** @param {any} answer */
  words({ size, moved, in_district }) {
    const said = [
      size.length_m != null && t("edit.length", { length: exact(size.length_m), n: number(size.vertices) }),
      size.area_m2 != null && t("edit.area", { area: areaText(size.area_m2), length: distanceText(size.perimeter_m) }),
      size.parts > 1 && t("edit.parts", { n: size.parts }),
      moved && size.vertices === 1 && moved.distance_m >= 0.05 && t("edit.moved", { length: exact(moved.distance_m), way: moved.bearing_deg == null ? "" : bearing(moved.bearing_deg) }),
      this.draft.now.beside.length > 0 && t("edit.beside", { n: this.draft.now.beside.length }),
      !in_district && t("edit.outside"),
    ];
    return said.filter(Boolean).join(" · ");
  }
}

/** Metres while it is short enough to be walked. @param {number} metres */
const exact = (metres) => (metres < 10000 ? `${number(Math.round(metres))} m` : distanceText(metres));

/** @param {{lon: number, lat: number}} at */
const point = ({ lon, lat }) => ({ type: "Point", coordinates: [lon, lat] });

/** What a text may mean as a place, one reading for each datum that it could be of. @param {string} text @returns {Promise<{lon: number, lat: number, words: string}[]>} */
async function readings(text) {
  const { results } = await ask(`search?${query({ q: text })}`);
  return results.filter((/** @type {any} */ one) => one.kind === "coordinate").map((/** @type {any} */ one) => ({ lon: one.lon, lat: one.lat, words: one.subtitle }));
}
