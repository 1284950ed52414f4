// A ledger as people read it: what an account stands at, what is wrong with that, and the entries that brought it there.
import { ask } from "../api.js";
import { config } from "../config.js";
import { add, button, el, fill, icon } from "../dom.js";
import { dayOf, moment, number, titleOf, words } from "../format.js";
import { sectionHead } from "../panel.js";
import { state } from "../state.js";
import { say, t } from "../words.js";

const SHOWN = 6; // the rest on request
const MOST = 100;

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Feature} Feature @typedef {import("../types").Ledger} Ledger */
/** @typedef {{entry: Feature, account: string, change: number | null, after: number | null, number: number, other: string | null}} Line one entry as one of its accounts sees it */

/** The layer whose features are the accounts of a ledger. @param {Layer} book */
export const accountsOf = (book) => book.fields.find((field) => field.id === book.ledger?.account)?.reference;

/** Ledgers from whose entries a number of this layer follows. @param {string} layerId */
export const ledgersOf = (layerId) => [...state.layers.values()].filter((one) => one.ledger && accountsOf(one) === layerId);

/** Fields that the database keeps from entries: they are not typed. @param {string} layerId */
export const keptFields = (layerId) => new Set(ledgersOf(layerId).map((book) => book.ledger?.balance));

/** A quantity with the unit of its account. @param {Ledger} ledger @param {number | null | undefined} quantity @param {Record<string, any>} account */
export const amount = (ledger, quantity, account) => (quantity == null ? t("unknown") : [number(quantity), account[ledger.unit]].filter(Boolean).join(" "));

/** What is wrong with a stock, in words and shapes. @param {Layer} layer @param {Record<string, any>} properties */
export function marksOf(layer, properties) {
  const today = dayOf(config.space.as_of ? new Date(config.space.as_of) : new Date());
  return ledgersOf(layer.id).flatMap(({ ledger }) => {
    if (!ledger) return [];
    const [stock, least, expires] = [properties[ledger.balance], ledger.least && properties[ledger.least], ledger.expires && properties[ledger.expires]];
    return [
      expires && String(expires).slice(0, 10) < today && stock !== 0 && mark("clock", t("book.expired")),
      stock == null ? mark("stop", t("book.unknown")) : least != null && stock < least && mark("down", t("book.short", { least: number(least) })),
    ].filter(Boolean);
  });
}

/** @param {keyof typeof import("../icons.js").ICONS} shape @param {string} text */
const mark = (shape, text) => el("span", { class: "chip bad" }, icon(shape), text);

/** The entries of some accounts, with the ways to make another.
 * @param {Layer} book @param {Layer} layer @param {Feature[]} accounts @param {{current: () => boolean, enter: (kind: string) => void}} act */
export function bookSection(book, layer, accounts, act) {
  const ledger = /** @type {Ledger} */ (book.ledger);
  const kinds = book.fields.find((field) => field.id === ledger.kind)?.choices || [];
  const writable = book.allowed.includes("write") && !config.space.past && accounts.length;
  const buttons = writable && el("div", { class: "tool-row" }, kinds.map((one) => button(say(one.label), () => act.enter(String(one.value)), { small: true })));
  const list = el("div", { class: "book-list" });
  const made = el("section", { class: "section" }, sectionHead(say(book.label), t("book.fixed")), buttons, list);
  read(book, layer, accounts, SHOWN, list, act.current);
  return made;
}

/** @param {Layer} book @param {Layer} layer @param {Feature[]} accounts @param {number} most @param {Element} list @param {() => boolean} current */
async function read(book, layer, accounts, most, list, current) {
  const ledger = /** @type {Ledger} */ (book.ledger);
  const ids = accounts.map((one) => `'${one.id}'`).join(", ");
  try {
    const page = await ask(`layers/${book.id}/features?filter=${encodeURIComponent(`"${ledger.account}" IN (${ids}) OR "${ledger.counterpart}" IN (${ids})`)}&sort=-created_at,-${ledger.at},-${ledger.number}&limit=${most}`);
    const lines = linesOf(ledger, page.features, accounts);
    const places = await placesOf(layer, lines.flatMap((one) => one.other || []));
    if (!current()) return;
    const rest = page.numberMatched > most && most < MOST && button(t("book.more", { n: page.numberMatched - page.features.length }), () => read(book, layer, accounts, MOST, list, current), { small: true });
    fill(list, lines.length ? table(book, layer, lines, accounts, places) : el("p", { class: "hint", text: t("book.none") }), rest);
  } catch (error) {
    if (current()) fill(list, el("p", { class: "hint bad", text: /** @type {Error} */ (error).message }));
  }
}

/** Entries as each account sees them: one account's by its own numbers, the latest first; those of several as they came. @param {Ledger} ledger @param {Feature[]} entries @param {Feature[]} accounts @returns {Line[]} */
export function linesOf(ledger, entries, accounts) {
  const ids = new Set(accounts.map((one) => one.id));
  const made = entries.flatMap((entry) => {
    const values = entry.properties;
    const [from, to, change] = [values[ledger.account], values[ledger.counterpart], values[ledger.change]];
    return [
      ids.has(from) && { entry, account: from, change, after: values[ledger.after], number: values[ledger.number], other: to || null },
      ids.has(to) && { entry, account: to, change: -change, after: values[ledger.other_after], number: values[ledger.other_number], other: from },
    ].filter((one) => one !== false);
  });
  return ids.size === 1 ? made.sort((a, b) => b.number - a.number) : made;
}

/** @param {Layer} book @param {Layer} layer @param {Line[]} lines @param {Feature[]} accounts @param {Map<string, string>} places */
function table(book, layer, lines, accounts, places) {
  const names = new Map(accounts.map((one) => [one.id, titleOf(layer, one)]));
  const heads = ["book.when", "book.what", "book.change", "book.left"].map((key, i) => el("th", { scope: "col", class: i > 1 ? "num" : null, text: t(/** @type {any} */ (key)) }));
  return el("table", { class: "book" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, lines.map((one) => rowOf(book, one, accounts.length > 1 ? names.get(one.account) : "", places))));
}

/** @param {Layer} book @param {Line} line @param {string | undefined} name @param {Map<string, string>} places */
function rowOf(book, line, name, places) {
  const ledger = /** @type {Ledger} */ (book.ledger);
  const values = line.entry.properties;
  const kind = book.fields.find((field) => field.id === ledger.kind);
  const incoming = line.other && line.other === values[ledger.account];
  const place = line.other && (places.get(line.other) || t("unknown"));
  const opening = line.number === 1 && ledger.effects[values[ledger.kind]] === "set";
  const said = book.fields.filter((field) => field.type === "text" && !field.reference && field.id !== ledger.kind && field.id !== ledger.counted_in && field.id !== book.key && !NOT_SAID.has(field.id)).map((field) => words(field, values[field.id]));
  const more = [name, place && t(incoming ? "book.from" : "book.to", { place }), opening && t("book.opening"), ...said].filter(Boolean).join(" · ");
  return el("tr", {},
    el("td", {}, el("span", { text: moment(values[ledger.at] || values.created_at) }), el("span", { class: "meta", text: values.created_by })),
    el("td", {}, el("b", { text: kind && words(kind, values[ledger.kind]) }), more && el("span", { class: "meta", text: more })),
    el("td", { class: "num", text: signed(line.change) }),
    el("td", { class: "num" }, line.after == null ? el("span", { class: "unknown", text: t("unknown") }) : el("b", { text: number(line.after) }), el("span", { class: "meta", text: values[ledger.counted_in] })));
}

const NOT_SAID = new Set(["adcode", "source"]);

/** +20 or −20 @param {number | null} change */
export const signed = (change) => (change == null ? "" : change > 0 ? `+${number(change)}` : change < 0 ? `−${number(-change)}` : "0");

/** Where accounts are, by id: the features that they belong to. @param {Layer} layer @param {string[]} ids @param {Feature[]} [known] @returns {Promise<Map<string, string>>} */
export async function placesOf(layer, ids, known) {
  const wanted = [...new Set(ids)];
  if (!wanted.length) return new Map();
  const accounts = known || (await ask(`layers/${layer.id}/features?ids=${wanted.join(",")}&limit=${MOST}`)).features;
  const home = layer.fields.find((field) => field.reference);
  const parent = home && state.layers.get(String(home.reference));
  const homes = parent ? [...new Set(accounts.map((/** @type {Feature} */ one) => one.properties[home.id]).filter(Boolean))] : [];
  const found = homes.length && parent ? (await ask(`layers/${parent.id}/features?ids=${homes.join(",")}&limit=${MOST}`)).features : [];
  const names = new Map(found.map((/** @type {Feature} */ one) => [one.id, titleOf(/** @type {Layer} */ (parent), one)]));
  return new Map(accounts.map((/** @type {Feature} */ one) => [one.id, (home && names.get(one.properties[home.id])) || titleOf(layer, one)]));
}

/** The stock of one account as the figure of its card. @param {Layer} book @param {Layer} layer @param {Feature} account */
export function stockFigure(book, layer, account) {
  const ledger = /** @type {Ledger} */ (book.ledger);
  const { properties } = account;
  const stock = properties[ledger.balance];
  const least = ledger.least && properties[ledger.least];
  const figure = el("div", { class: "figure" }, el("b", { text: stock == null ? t("unknown") : number(stock) }), el("span", { class: "unit", text: ` ${properties[ledger.unit] || ""}` }), el("div", { class: "meta", text: t("book.stock") }));
  const made = el("div", { class: "figures" }, figure);
  if (least != null) add(made, el("div", { class: "figure" }, el("b", { text: number(least) }), el("span", { class: "unit", text: ` ${properties[ledger.unit] || ""}` }), el("div", { class: "meta", text: say(layer.fields.find((field) => field.id === ledger.least)?.label) })));
  return made;
}
