// Drills: the list of sealed copies, opening one, and what a controller does inside.
import { ask } from "../api.js";
import { config, hasRole, symbolUrl } from "../config.js";
import { add, button, el, icon } from "../dom.js";
import { moment } from "../format.js";
import { empty, refused, sectionHead, waiting } from "../panel.js";
import { t } from "../words.js";

/** @param {import("../panel.js").Panel} panel */
export async function drillsPanel(panel) {
  const head = { kind: "drills", picture: symbolUrl("scenario_area", "scenario"), title: t("drill.title"), meta: t("drill.sealed") };
  const first = panel.open(head);
  add(first.body, waiting());
  let drills;
  try {
    ({ drills } = await ask("/api/v1/drills"));
  } catch (error) {
    if (first.current()) add(panel.open(head).body, refused(error, () => drillsPanel(panel)));
    return;
  }
  if (!first.current()) return;
  const { body } = panel.open(head);
  if (hasRole("drill_controller")) add(body, openForm());
  const open = drills.filter((/** @type {any} */ one) => !one.closed_at);
  if (!open.length) add(body, empty(t("drill.none"), t("drill.noneAdvice")));
  for (const one of open) {
    const here = one.id === config.space.id;
    add(body, el("a", { class: `row${here ? " chosen" : ""}`, href: one.url }, el("span", { class: "sy plain" }, icon("layers")), el("span", { class: "what" }, el("b", { text: one.name }), el("span", { class: "meta", text: t("drill.asOf", { when: moment(one.as_of), by: one.opened_by }) })), el("span", { class: "how meta", text: here ? t("drill.here") : t("drill.enter") })));
    if (here && hasRole("drill_controller")) add(body, controls(one));
  }
}

/** Opening a drill, for a controller. */
function openForm() {
  const name = el("input", { id: "drill-name", maxlength: "100", placeholder: t("drill.nameHint"), on: { keydown: (/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === "Enter") open(); } } });
  const said = el("div");
  const open = async () => {
    if (!name.value.trim()) return name.focus();
    try {
      const made = await ask("/api/v1/drills", { body: { name: name.value.trim() } });
      location.assign(made.url);
    } catch (error) {
      said.replaceChildren(refused(error));
    }
  };
  return el("section", { class: "section" }, sectionHead(t("drill.new"), t("drill.newBasis")), el("div", { class: "field" }, el("label", { for: "drill-name", text: t("drill.name") }), el("div", { class: "input" }, name)), el("div", { class: "field" }, el("span"), button(t("drill.open"), open, { primary: true })), said);
}

/** @param {any} drill */
function controls(drill) {
  const said = el("div");
  const act = (/** @type {string} */ what, /** @type {() => void} */ then) => async () => {
    try {
      await ask(`/api/v1/drills/${drill.id}/${what}`, { method: "POST" });
      then();
    } catch (error) {
      said.replaceChildren(refused(error));
    }
  };
  const sure = (/** @type {string} */ words, /** @type {() => Promise<void>} */ go) => () => said.replaceChildren(el("div", { class: "section" }, el("div", { class: "note" }, el("b", { text: words }), el("div", { class: "acts" }, button(t("action.yes"), go, { small: true, primary: true }), button(t("action.cancel"), () => said.replaceChildren(), { small: true })))));
  return el("section", { class: "section" }, el("div", { class: "note acts" },
    button(t("drill.reset"), sure(t("drill.resetSure"), act("reset", () => location.reload())), { small: true }), " ",
    button(t("drill.close"), sure(t("drill.closeSure"), act("close", () => location.assign("/"))), { small: true })), said);
}
