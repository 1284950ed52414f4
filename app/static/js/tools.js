// Buttons that float on the map: ask, zone, measure, plot; zoom and the whole district. A prompt says what a tool waits for.
import { add, el, icon } from "./dom.js";
import { t } from "./words.js";

/** @typedef {{id: string, icon: keyof typeof import("./icons.js").ICONS, key: string, words: string, act: () => void, on: () => boolean}} Tool */

/** @param {Element} main @param {Tool[]} asking @param {{zoom: (by: number) => void, whole: () => void}} view */
export function toolButtons(main, asking, view) {
  const made = asking.map((tool) => ({ tool, button: el("button", { class: "tool", type: "button", title: `${tool.words} ${tool.key}`, "aria-label": tool.words, "aria-keyshortcuts": tool.key, "aria-pressed": "false", on: { click: tool.act } }, icon(tool.icon), el("span", { class: "hint", text: tool.key, "aria-hidden": "true" })) }));
  const plain = (/** @type {keyof typeof import("./icons.js").ICONS} */ name, /** @type {string} */ words, /** @type {() => void} */ act) => el("button", { class: "tool", type: "button", title: words, "aria-label": words, on: { click: act } }, icon(name));
  const first = el("div", { class: "float card tools asking", role: "toolbar", "aria-label": t("tools.title") }, made.map(({ button }) => button));
  const second = el("div", { class: "float card tools zooming" }, plain("plus", t("tools.in"), () => view.zoom(1)), plain("minus", t("tools.out"), () => view.zoom(-1)), plain("whole", t("tools.whole"), view.whole));
  add(main, first, second);
  second.style.setProperty("--above", String(made.length));
  return () => made.forEach(({ tool, button }) => button.setAttribute("aria-pressed", String(tool.on())));
}

/** @param {Element} main */
export function promptCard(main) {
  const words = el("span", { class: "cut" });
  const card = el("div", { class: "float card prompt", role: "status", hidden: true }, words, el("span", { class: "key", text: "Esc" }));
  main.append(card);
  return (/** @type {string | null} */ text) => {
    card.hidden = !text;
    words.textContent = text || "";
  };
}
