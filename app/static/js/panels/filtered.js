// Questions and filters: an answer is of all features unless the asker wants it of those the map shows; it always says which.
import { ask } from "../api.js";
import { add, button, el, icon } from "../dom.js";
import { lookOf } from "../looks.js";
import { state } from "../state.js";
import { filterText } from "../terms.js";
import { say, t } from "../words.js";

/** Layers of a question of this kind that the map shows in part. @param {"ranked" | "exposed"} kind */
export const filteredLayers = (kind) => [...state.layers.values()].filter((layer) => layer[kind] && lookOf(layer.id).filter.length);

/** Ask of all; with `filtered`, of each filtered layer by its own filter, and put the answers together.
 * @param {string} path @param {any} body @param {"ranked" | "exposed"} kind @param {boolean} filtered */
export async function askOf(path, body, kind, filtered) {
  const some = filtered ? filteredLayers(kind) : [];
  if (!some.length) return ask(path, { body });
  const rest = [...state.layers.values()].filter((layer) => layer[kind] && !some.includes(layer)).map((layer) => layer.id);
  const asked = [...(rest.length ? [{ layers: rest }] : []), ...some.map((layer) => ({ layers: [layer.id], filter: filterText(layer, lookOf(layer.id).filter) }))];
  const answers = await Promise.all(asked.map((part) => ask(path, { body: { ...body, ...part } })));
  const order = [...state.layers.keys()];
  const layers = answers.flatMap((one) => one.layers).sort((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer));
  return { ...answers[0], layers, features: answers.flatMap((one) => one.features), numberReturned: answers.reduce((sum, one) => sum + one.numberReturned, 0) };
}

/** The same for a question about stock: of the filtered depots, where the answer is of what the map shows. @param {any} body @param {boolean} filtered */
export function askOfStock(body, filtered) {
  const [layer] = filtered ? filteredLayers("ranked").filter((one) => one.out_of_service.some((condition) => condition.kind === "short")) : [];
  return ask("needs", { body: { ...body, ...(layer ? { layers: [layer.id], filter: filterText(layer, lookOf(layer.id).filter) } : {}) } });
}

/** What the answer is of, and the way to the other. @param {"ranked" | "exposed"} kind @param {boolean} filtered @param {(filtered: boolean) => void} turn */
export function filterNote(kind, filtered, turn) {
  const some = filteredLayers(kind);
  if (!some.length) return null;
  const layers = some.map((layer) => say(layer.label)).join(t("list.comma"));
  return add(el("div", { class: "filter-note", role: "note" }), icon("filter"), el("span", { text: t(filtered ? "question.filtered" : "question.unfiltered", { layers }) }), button(t(filtered ? "question.ofAll" : "question.ofShown"), () => turn(!filtered), { small: true }));
}
