// Asking why, before something that history keeps with its reason.
import { button, el } from "../dom.js";
import { t } from "../words.js";

/** A box for the reason and the button that goes ahead; without a reason it does not, and what is refused is said beside it.
 * @param {string} words of the button @param {(reason: string) => Promise<void>} act @returns {{input: HTMLInputElement, parts: HTMLElement[]}} */
export function askReason(words, act) {
  const said = el("p", { class: "hint bad", role: "alert" });
  const go = async () => {
    const reason = input.value.trim();
    if (!reason) return input.focus();
    try {
      await act(reason);
    } catch (error) {
      said.textContent = /** @type {Error} */ (error).message;
    }
    return undefined;
  };
  const typed = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "Enter") go();
  };
  const input = /** @type {HTMLInputElement} */ (el("input", { maxlength: "500", placeholder: t("form.reasonHint"), "aria-label": t("form.reason"), on: { keydown: typed } }));
  return { input, parts: [el("div", { class: "input" }, input), said, el("div", { class: "tool-row" }, button(words, go, { small: true, primary: true }))] };
}

const LOAD = /^load (.+)$/; // what a load says of itself where no person gave a reason

/** A reason as a person reads it. @param {string | null | undefined} reason */
export const reasonWords = (reason) => { const file = reason?.match(LOAD)?.[1]; return file ? t("reason.load", { file }) : reason || ""; };
