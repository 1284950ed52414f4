// What was done lately, by whom and why; a commit opens to its features, and can be undone whole.
import { ask, query } from "../api.js";
import { config, symbolUrl } from "../config.js";
import { add, button, el, fill, icon, image } from "../dom.js";
import { moment } from "../format.js";
import { lookBack, momentChooser } from "../past.js";
import { empty, refused, sectionHead, waiting } from "../panel.js";
import { state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { historySection } from "./history.js";
import { askReason, reasonWords } from "./reason.js";
import { symbolOf } from "./rows.js";

const PAGE = 40;

/** @typedef {{card: (layer: string, id: string) => void, loads?: (() => void) | null}} Acts */

/** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {Acts} act @param {{by?: string}} [only] */
export async function changesPanel(panel, view, act, only = {}) {
  const head = { kind: "changes", picture: symbolUrl("point", "plot"), title: t("changes.title"), meta: t("changes.meta") };
  const opened = panel.open(head);
  const choice = el("div", { class: "segments", role: "group", "aria-label": t("changes.whose") }, [[undefined, t("changes.all")], [config.user.name, t("changes.mine")]].map(([by, words]) => {
    const made = el("button", { type: "button", text: words, "aria-pressed": String(only.by === by), on: { click: () => changesPanel(panel, view, act, by ? { by } : {}) } });
    return made;
  }));
  const list = el("div", {}, waiting());
  add(opened.body, config.space.drill ? null : momentChooser(), el("section", { class: "section" }, choice, act.loads ? button(t("load.records"), act.loads, { small: true, icon: "upload" }) : null), list);
  /** @param {string} [before] */
  const read = async (before) => {
    try {
      const { commits } = await ask(`commits?${query({ limit: PAGE, by: only.by, before })}`);
      if (!opened.current()) return;
      if (!before) fill(list);
      list.querySelector(".more")?.remove();
      for (const one of commits) add(list, commitRow(panel, view, one, act));
      if (!commits.length && !before) add(list, empty(t("changes.none")));
      if (commits.length === PAGE) add(list, el("div", { class: "section more" }, button(t("changes.earlier"), () => read(commits[commits.length - 1].at), { small: true })));
    } catch (error) {
      if (opened.current()) fill(list, refused(error, () => read(before)));
    }
  };
  read();
}

/** @param {any} commit */
const sumOf = (commit) => commit.layers.map((/** @type {any} */ one) => {
  const layer = state.layers.get(one.layer);
  const counts = [["inserted", "+"], ["updated", "~"], ["deleted", "−"]].filter(([name]) => one[name]).map(([name, sign]) => `${sign}${one[name]}`).join(" ");
  return `${layer ? say(layer.label) : one.layer} ${counts || t("changes.definition")}`;
}).join(t("list.comma"));

/** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {any} commit @param {Acts} act */
function commitRow(panel, view, commit, act) {
  const more = el("div", { class: "commit-more", hidden: true });
  const opener = el("button", { class: "row commit", type: "button", "aria-expanded": "false", data: { token: commit.token }, on: { click: () => open() } }, el("span", { class: "sy plain" }, icon("history")),
    el("span", { class: "what" }, el("b", { class: "cut", text: reasonWords(commit.reason) || t("changes.noReason") }), el("span", { class: "meta", text: `${commit.by} · ${sumOf(commit)}` })), el("span", { class: "how meta", text: moment(commit.at) }));
  const open = async () => {
    more.hidden = !more.hidden;
    opener.setAttribute("aria-expanded", String(!more.hidden));
    if (more.hidden || more.childElementCount) return;
    try {
      const { features } = await ask(`commits/${commit.token}`);
      fill(more, features.slice(0, 50).map((/** @type {any} */ one) => featureRow(panel, view, one, act)), features.length > 50 && el("p", { class: "hint", text: t("changes.andMore", { n: features.length - 50 }) }), aroundPart(commit), undoPart(commit));
    } catch (error) {
      fill(more, refused(error));
    }
  };
  return [opener, more];
}

/** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {any} one @param {Acts} act */
function featureRow(panel, view, one, act) {
  const layer = state.layers.get(one.layer);
  if (!layer) return null;
  return el("button", { class: "left-out", type: "button", on: { click: () => (one.there ? act.card(one.layer, one.id) : gonePanel(panel, view, layer, one, act)) } }, image(symbolOf(layer, {})),
    el("span", { class: "nm" }, el("b", { text: one.title || t("feature.unnamed", { layer: say(layer.label) }) })), el("span", { class: "why" }, el("span", { text: one.there ? t(/** @type {any} */ (`op.${one.op}`)) : t("changes.gone") })));
}

/** A feature that is no longer there: its life, and the way back. @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {import("../types").Layer} layer @param {any} one @param {Acts} act */
export function gonePanel(panel, view, layer, one, act) {
  const past = historySection(view, layer, one.id, null, { current: () => opened.current(), reverted: (back) => act.card(layer.id, back.id) });
  const opened = panel.open({ kind: "gone", left: past.left, picture: symbolOf(layer, {}), title: one.title || t("feature.unnamed", { layer: say(layer.label) }), meta: `${say(layer.label)} · ${t("changes.gone")}` });
  add(opened.body, past.element);
}

/** The map just before and just after. @param {any} commit */
function aroundPart(commit) {
  if (config.space.drill) return null;
  const at = Date.parse(commit.at);
  return el("div", { class: "section" }, el("div", { class: "tool-row" }, button(t("past.before"), () => lookBack(new Date(at - 1000)), { small: true }), button(t("past.after"), () => lookBack(new Date(Math.min(at + 1000, Date.now()))), { small: true })));
}

/** Undoing needs a reason, and says what came after where it cannot. @param {any} commit */
function undoPart(commit) {
  const writes = commit.layers.some((/** @type {any} */ one) => one.inserted + one.updated + one.deleted);
  const writable = writes && commit.layers.every((/** @type {any} */ one) => state.layers.get(one.layer)?.allowed.includes("write"));
  if (!writable) return null;
  const box = el("div", { class: "section" });
  const start = button(t("changes.undo"), () => {
    const why = askReason(t("changes.undoGo", { what: sumOf(commit) }), async (reason) => {
      await ask(`commits/${commit.token}/undo`, { body: { reason }, key: `undo-${commit.token}` });
      fill(box, el("p", { class: "hint", text: t("changes.undone") }));
      toast(t("changes.undone"));
    });
    fill(box, sectionHead(t("changes.undoWhy")), ...why.parts);
    why.input.focus();
  }, { small: true, icon: "undo" });
  return add(box, start);
}
