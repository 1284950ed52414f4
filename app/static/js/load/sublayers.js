// Which layer of a file is meant: each with how much it holds and of what kind, one press chooses.
import { button, el } from "../dom.js";
import { number } from "../format.js";
import { t } from "../words.js";

/** @typedef {{name: string, count: number | null, kinds: string[]}} Sublayer */

/** @param {Sublayer[]} layers @param {(name: string) => void} choose */
export function sublayerChoice(layers, choose) {
  return el("div", { class: "encodings" }, layers.map((one) => el("div", { class: "reading sublayer" },
    el("b", { class: "cut", text: one.name, title: one.name }), el("span", { class: "meta", text: inside(one) }), button(t("load.useThis"), () => choose(one.name), { small: true }))));
}

/** @param {Sublayer} one */
function inside(one) {
  const kinds = one.kinds.map((kind) => t(/** @type {any} */ (`kind.${kind}`))).join(t("list.comma"));
  return [kinds, one.count === null ? "" : t("load.rowCount", { n: number(one.count) })].filter(Boolean).join(" · ");
}
