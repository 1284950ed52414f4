// What is known already of a file on its way in: that it was loaded before, how it was mapped last time, what it does not have.
import { button, el } from "../dom.js";
import { moment, number } from "../format.js";
import { sectionHead } from "../panel.js";
import { state } from "../state.js";
import { say, t } from "../words.js";

/** The very same bytes came before. @param {any} seen @param {(id: string) => void} open */
export function sameFile(seen, open) {
  const same = seen.same_file;
  if (!same) return null;
  const layer = state.layers.get(same.layer);
  const words = t("load.sameFileBy", { by: same.by, when: moment(same.at), layer: layer ? say(layer.label) : same.layer, n: number(same.rows || 0) });
  return el("section", { class: "section" }, el("div", { class: "note", role: "note" }, el("b", { text: t("load.sameFile") }), words, same.undone_by ? t("load.sameUndone", { by: same.undone_by }) : "",
    el("div", { class: "acts" }, button(t("load.sameOpen"), () => open(same.load), { small: true }))));
}

/** The mapping of last time, with the way to do without; or the way back to it. @param {any} seen @param {import("./findings.js").Act} act */
export function recalled(seen, act) {
  const { remembered } = seen;
  if (remembered) {
    const words = t("load.rememberedBy", { n: Object.keys(remembered.mapping).length, by: remembered.by, when: moment(remembered.at) });
    return el("div", { class: "section" }, el("div", { class: "note" }, el("b", { text: t("load.remembered") }), words, el("button", { class: "link", type: "button", text: t("load.forget"), on: { click: () => act.change({ remember: false }) } })));
  }
  return act.told.remember === false ? el("div", { class: "section" }, el("button", { class: "link", type: "button", text: t("load.recall"), on: { click: () => act.change({ remember: true }) } })) : null;
}

/** Keep or retire what the file does not have; `chosen` hears null for keeping, else the reason so far. @param {any} compare @param {(reason: string | null) => void} chosen */
export function missingChoice(compare, chosen) {
  const n = number(compare.absent);
  if (compare.unclear) return el("section", { class: "section" }, sectionHead(t("load.missingWhat", { n })), el("p", { class: "hint", text: t("load.retireUnclear", { n: number(compare.unclear) }) }));
  const reason = el("input", { id: "retire-reason", maxlength: "500", placeholder: t("load.retireHint"), on: { input: () => chosen(reason.value.trim()), keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  const asked = el("div", { class: "field", hidden: true }, el("label", { for: "retire-reason", text: t("load.retireReason") }), el("div", { class: "input" }, reason));
  const choice = (/** @type {"keep" | "retire"} */ what, /** @type {string} */ words, /** @type {string} */ why) => {
    const radio = el("input", { type: "radio", name: "missing", value: what, on: { change: () => {
      asked.hidden = what === "keep";
      chosen(what === "keep" ? null : reason.value.trim());
      if (what === "retire") reason.focus();
    } } });
    radio.checked = what === "keep";
    return el("label", { class: "missing-choice" }, radio, el("span", {}, el("b", { text: words }), el("span", { class: "meta", text: why })));
  };
  return el("section", { class: "section", id: "missing" }, sectionHead(t("load.missingWhat", { n })), choice("keep", t("load.keepMissing"), t("load.keepMissingWhy")), choice("retire", t("load.retireMissing", { n }), t("load.retireMissingWhy")), asked);
}
