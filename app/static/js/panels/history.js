// What happened to a feature: each version, what changed in it, where it was; and the way back.
import { ask } from "../api.js";
import { add, button, el, fill } from "../dom.js";
import { moment, words } from "../format.js";
import { Ghosts } from "../map/ghosts.js";
import { sectionHead } from "../panel.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { askReason, reasonWords } from "./reason.js";

const SHOWN = 12; // the rest on request

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Feature} Feature */

/** The history of a feature, newest first, as a section; empty while nothing is known.
 * @param {import("../map/view.js").MapView} view @param {Layer} layer @param {string} id @param {number | null} version the present one, null for a deleted feature
 * @param {{current: () => boolean, reverted: (feature: Feature) => void}} act */
export function historySection(view, layer, id, version, act) {
  const box = el("div", {}, el("section", { class: "section" }, sectionHead(t("card.history"), t("panel.loading"))));
  const ghosts = new Ghosts(view.map);
  let opened = -1;
  const read = async () => {
    let entries;
    try {
      ({ entries } = await ask(`layers/${layer.id}/features/${id}/history`));
    } catch (error) {
      if (act.current()) fill(box, el("section", { class: "section" }, sectionHead(t("card.history")), el("div", { class: "note stale", role: "status" }, el("b", { text: t("history.failed") }), /** @type {Error} */ (error).message, el("div", { class: "acts" }, button(t("action.again"), read, { small: true })))));
      return; // the card stands without its history
    }
    if (!act.current()) return;
    if (entries.length) draw([...entries].reverse(), SHOWN);
    else fill(box);
  };
  /** @param {any[]} entries @param {number} most */
  const draw = (entries, most) => {
    const lines = entries.slice(0, most).map((one, i) => line(one, i));
    const rest = entries.length > most && button(t("history.more", { n: entries.length - most }), () => draw(entries, Infinity), { small: true });
    fill(box, el("section", { class: "section" }, sectionHead(t("card.history"), t("card.historyOf")), el("ol", { class: "history" }, lines), rest));
  };
  /** @param {any} one @param {number} i */
  const line = (one, i) => {
    const more = el("div", { class: "history-more", hidden: true });
    const made = el("li", { class: i ? "" : "now" }, el("button", { type: "button", "aria-expanded": "false", on: { click: () => toggle(one, i, made, more) } }, el("b", { text: one.version }),
      el("span", { class: "cut", text: [one.by, t(/** @type {any} */ (`op.${one.op}`)), reasonWords(one.reason)].filter(Boolean).join(" · ") }), el("time", { text: moment(one.at) })), more);
    return made;
  };
  /** @param {any} one @param {number} i @param {HTMLElement} made @param {HTMLElement} more */
  const toggle = (one, i, made, more) => {
    const open = more.hidden;
    for (const each of box.querySelectorAll(".history-more")) /** @type {HTMLElement} */ (each).hidden = true;
    for (const each of box.querySelectorAll(".history [aria-expanded]")) each.setAttribute("aria-expanded", "false");
    ghosts.clear();
    opened = open ? i : -1;
    if (!open) return;
    more.hidden = false;
    made.querySelector("button")?.setAttribute("aria-expanded", "true");
    fill(more, differences(layer, one), wayBack(one, i, more));
    if (one.geometry_before && JSON.stringify(one.geometry_before) !== JSON.stringify(one.geometry_after)) ghosts.add(one.geometry_before, one.op === "delete" ? t("history.wasHere", { n: one.version }) : t("history.before", { n: one.version }));
    if (one.geometry_after && opened > 0) ghosts.add(one.geometry_after, t("history.wasHere", { n: one.version }));
  };
  /** @param {any} one @param {number} i @param {HTMLElement} more */
  const wayBack = (one, i, more) => {
    if (!layer.allowed.includes("write") || layer.ledger || one.op === "delete" || (i === 0 && version !== null)) return null;
    return el("div", { class: "tool-row" }, button(t(version === null ? "history.restore" : "history.revert", { n: one.version }), () => askWhy(one, more), { small: true }));
  };
  /** @param {any} one @param {HTMLElement} more */
  const askWhy = (one, more) => {
    const why = askReason(t("history.go", { n: one.version }), async (reason) => {
      const back = await ask(`layers/${layer.id}/features/${id}/revert`, { body: { version: one.version, reason }, ...(version === null ? {} : { version }) });
      ghosts.remove();
      toast(t("history.done", { n: one.version }));
      act.reverted(back);
    });
    add(more, ...why.parts);
    why.input.focus();
  };
  read();
  return { element: box, left: () => ghosts.remove() };
}

/** Field by field what a step changed. @param {Layer} layer @param {any} step */
function differences(layer, step) {
  const rows = layer.fields.filter((field) => JSON.stringify(step.before?.[field.id] ?? null) !== JSON.stringify(step.after?.[field.id] ?? null)).map((field) => {
    const [was, now] = [words(field, step.before?.[field.id]), words(field, step.after?.[field.id])];
    return [el("dt", { text: say(field.label) }), el("dd", {}, step.op !== "insert" && el("span", { class: "was", text: was ?? t("unknown") }), step.op !== "insert" && " → ", step.op !== "delete" && (now ?? el("span", { class: "unknown", text: t("unknown") })))];
  });
  const moved = step.op === "update" && JSON.stringify(step.geometry_before) !== JSON.stringify(step.geometry_after);
  if (!rows.length && !moved) return el("p", { class: "hint", text: t("history.nothing") });
  return el("dl", { class: "facts small" }, rows.flat(), moved && [el("dt", { text: t("edit.position") }), el("dd", { text: t("history.moved") })]);
}
