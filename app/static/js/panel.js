// The context panel: one at a time; it is the popup.
import { add, el, fill, iconButton, image, button } from "./dom.js";
import { focusLost, holdFocus, walkRows } from "./focus.js";
import { grip } from "./grip.js";
import { t } from "./words.js";

export class Panel {
  /** @param {HTMLElement} element @param {{resized: () => void, closed: () => void, home: () => HTMLElement}} act */
  constructor(element, act) {
    this.element = element;
    this.act = act;
    this.turn = 0;
    /** @type {string} */
    this.kind = "";
    /** @type {(() => void) | undefined} what the content wants done when another takes its place */
    this.left = undefined;
    /** @type {HTMLElement | null} where the keyboard was before the panel opened */
    this.from = null;
    element.addEventListener("keydown", (event) => walkRows(event, element, ".row, .left-out, .commit"));
  }

  /** Open with a head; returns the scrolling body and the row of actions. `turn` tells a late answer that the panel moved on.
   * The keyboard comes along where it would be nowhere else, or where `focus` asks for it.
   * @param {{kind: string, picture: string, title: string, meta?: any, chip?: Node | null, left?: () => void, focus?: boolean}} head */
  open(head) {
    this.leave(head.left);
    const fresh = this.element.hidden;
    if (fresh) this.from = focusLost() ? null : /** @type {HTMLElement} */ (document.activeElement);
    const refocus = holdFocus(this.element);
    const come = head.focus || focusLost();
    const same = this.kind === head.kind && !fresh;
    const before = same ? this.element.querySelector(".scroll")?.scrollTop || 0 : 0;
    this.kind = head.kind;
    this.turn += 1;
    const body = el("div", { class: `scroll${same ? "" : " fade-in"}` });
    const acts = el("div", { class: "panel-acts", hidden: true });
    const title = el("h2", { text: head.title, tabindex: "-1" });
    fill(this.element, grip(this.element, this.act.resized),
      el("header", { class: "panel-head" }, image(head.picture), el("div", {}, head.chip, title, el("div", { class: "meta" }, head.meta)), iconButton("close", t("panel.close"), () => this.close())),
      body, acts);
    this.element.setAttribute("aria-label", head.title);
    this.element.hidden = false;
    if (fresh) this.act.resized();
    if (before) requestAnimationFrame(() => (body.scrollTop = before));
    if (come) title.focus({ preventScroll: true });
    else queueMicrotask(() => refocus(() => this.element.querySelector("h2"))); // the caller fills the body first
    const turn = this.turn;
    return { body, acts: (/** @type {any[]} */ ...all) => { fill(acts, ...all); acts.hidden = !all.length; }, current: () => this.turn === turn };
  }

  /** The keyboard comes to the title. */
  focus() {
    /** @type {HTMLElement | null} */ (this.element.querySelector("h2"))?.focus({ preventScroll: true });
  }

  /** Tell the content so far that it is gone. @param {() => void} [next] */
  leave(next) {
    const left = this.left;
    this.left = next;
    if (left && left !== next) left();
  }

  close() {
    if (this.element.hidden) return;
    this.leave();
    this.kind = "";
    this.turn += 1;
    const inside = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.act.closed();
    if (inside || focusLost()) (this.from?.isConnected && this.from.offsetParent ? this.from : this.act.home()).focus({ preventScroll: true });
    this.act.resized();
  }

  get isOpen() {
    return !this.element.hidden;
  }
}

/** Grey lines and words while an answer is on its way. @param {string} [words] */
export const waiting = (words = t("panel.loading")) => el("div", { class: "skeleton", role: "status" }, ...Array.from({ length: 4 }, () => el("i")), el("span", { class: "meta-3", text: words }));

/** What is shown is not all there is. @param {string} title @param {string} [advice] */
export const partly = (title, advice) => el("div", { class: "section" }, el("div", { class: "note part" }, el("b", { text: title }), advice || ""));

/** What went wrong, in words, with the way on. @param {any} error @param {() => void} [again] */
export function refused(error, again) {
  const lines = (error.errors || []).map((/** @type {any} */ one) => el("p", { text: [one.message, one.remedy].filter(Boolean).join(t("list.stop")) }));
  const detail = error.title && error.message && error.title !== error.message ? el("p", { text: error.message }) : null;
  return el("div", { class: "section" }, el("div", { class: "note bad", role: "alert" }, el("b", { text: error.title || error.message }), detail, ...lines, again && el("div", { class: "acts" }, button(t("action.again"), again, { small: true, primary: true }))));
}

/** @param {string} title @param {string} [advice] */
export const empty = (title, advice) => el("div", { class: "section" }, el("div", { class: "note" }, el("b", { text: title }), advice || ""));

/** @param {Element} body @param {...any} rest */
export const section = (body, ...rest) => add(body, el("section", { class: "section" }, ...rest));

/** @param {string} title @param {any} [aside] */
export const sectionHead = (title, aside) => el("div", { class: "section-head" }, el("h3", { text: title }), aside && el("span", { class: "meta-3" }, aside));
