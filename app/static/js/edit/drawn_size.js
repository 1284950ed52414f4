// What a field counts beside what is drawn: a length, an area, the way from one chainage to another.
import { add, el } from "../dom.js";
import { number, unitOf } from "../format.js";
import { t } from "../words.js";

const SPREAD = 0.02; // a figure that differs more from the drawn size is pointed at
const AREA_UNITS = /** @type {Record<string, number>} */ ({ m2: 1, ha: 1e4, km2: 1e6 });

/** Say it under each field that nothing is wrong with; a figure that is far off can be taken. @param {import("./entries.js").Entry[]} entries @param {import("./draft.js").Draft} draft @param {any} size */
export function compareDrawn(entries, draft, size) {
  for (const entry of entries) {
    if (entry.box.classList.contains("bad")) continue;
    sized(entry, draft, size);
    chainage(entry, draft, size);
  }
}

/** @param {import("./entries.js").Entry} entry @param {import("./draft.js").Draft} draft @param {any} size */
function sized(entry, draft, size) {
  const { field } = entry;
  const drawn = drawnIn(field, size);
  if (drawn == null || Math.abs(Number(draft.value(field.id) ?? 0) - drawn) <= SPREAD * drawn) return;
  const figure = drawn >= 100 ? Math.round(drawn) : Math.round(drawn * 100) / 100;
  entry.say(t("edit.drawn", { value: `${number(figure)} ${unitOf(field.unit)}` }), false);
  add(entry.hint, " ", el("button", { class: "link", type: "button", text: t("edit.take"), on: { click: () => draft.set(field.id, figure) } }));
}

/** What runs from one chainage to another shows how far that is beside how long it is drawn. @param {import("./entries.js").Entry} entry @param {import("./draft.js").Draft} draft @param {any} size */
function chainage(entry, draft, size) {
  const stem = /^(.*)_to_m$/.exec(entry.field.id)?.[1];
  const from = stem && draft.value(`${stem}_from_m`);
  const to = draft.value(entry.field.id);
  if (from == null || to == null || size.length_m == null) return;
  entry.say(t("edit.chainage", { from: stake(Number(from)), to: stake(Number(to)), length: number(Math.round(Number(to) - Number(from))), drawn: number(Math.round(size.length_m)) }), false);
}

/** What a field that counts length or area would be by what is drawn, in its unit. @param {import("../types").Field} field @param {any} size @returns {number | null} */
function drawnIn(field, size) {
  if (field.counts_as === "length" && size.length_m != null) return size.length_m / (field.unit === "km" ? 1000 : 1);
  const unit = AREA_UNITS[field.unit || ""];
  return field.counts_as === "area" && unit && size.area_m2 != null ? size.area_m2 / unit : null;
}

/** 248+500 @param {number} metres */
const stake = (metres) => `${Math.floor(metres / 1000)}+${String(Math.round(metres % 1000)).padStart(3, "0")}`;
