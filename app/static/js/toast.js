// Quiet notices at the foot of the map.
import { add, el, icon } from "./dom.js";

const STAY_MS = 5000;
const box = el("div", { class: "toasts", role: "status", "aria-live": "polite" });

/** @param {Element} main */
export const toasts = (main) => main.append(box);

/** @param {string} words @param {{icon?: keyof typeof import("./icons.js").ICONS, act?: [string, () => void], key?: string, stay?: boolean}} [how] one of the same key replaces the one before; one that stays goes by itself never */
export function toast(words, how = {}) {
  if (how.key) box.querySelector(`[data-key="${how.key}"]`)?.remove();
  const made = el("div", { class: "toast", data: how.key ? { key: how.key } : {} }, icon(how.icon || "check"), el("span", { text: words }));
  if (how.act) add(made, el("button", { class: "link", type: "button", text: how.act[0], on: { click: how.act[1] } }));
  box.append(made);
  while (box.children.length > 3) box.firstElementChild?.remove();
  if (!how.stay) setTimeout(() => made.remove(), STAY_MS);
}
