// The drafts that wait in this browser: in the top bar their number, in a panel their list.
import { ask } from "../api.js";
import { symbolUrl } from "../config.js";
import { add, button, el, fill, icon, image } from "../dom.js";
import { moment } from "../format.js";
import { empty } from "../panel.js";
import { symbolOf } from "../panels/rows.js";
import { on, state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { drafts } from "./draft.js";

/** How many there are, as a button; nothing while there are none. @param {() => void} open */
export function draftsButton(open) {
  const made = el("button", { class: "drafts", type: "button", hidden: true, on: { click: open } });
  const draw = () => {
    const n = drafts().filter((one) => !(state.editing && state.editing.layer === one.layer && state.editing.id === (one.id || ""))).length; // the one in hand is on the screen
    made.hidden = !n;
    fill(made, icon("edit"), t("edit.drafts", { n }));
  };
  on("drafts", draw);
  on("data", draw);
  draw();
  return made;
}

/** @param {import("../panel.js").Panel} panel @param {import("./editor.js").Editor} editor */
export function draftsPanel(panel, editor) {
  const { body } = panel.open({ kind: "drafts", picture: symbolUrl("point", "plot"), title: t("edit.draftsTitle"), meta: t("edit.draftsMeta") });
  const all = drafts();
  if (!all.length) add(body, empty(t("edit.noDrafts")));
  for (const draft of all) {
    const layer = state.layers.get(draft.layer);
    if (!layer) continue;
    add(body, el("div", { class: "row" }, el("span", { class: "sy plain" }, image(symbolOf(layer, draft.was.properties))),
      el("span", { class: "what" }, el("b", { text: draft.title }), el("span", { class: "meta", text: [say(layer.label), t("edit.changes", { n: draft.count }), moment(draft.at)].join(" · ") })),
      el("span", { class: "how tool-row" }, button(t("edit.goOn"), () => resume(editor, layer, draft), { small: true, primary: true }), button(t("edit.discard"), () => { draft.drop(); draftsPanel(panel, editor); }, { small: true }))));
  }
}

/** @param {import("./editor.js").Editor} editor @param {import("../types").Layer} layer @param {import("./draft.js").Draft} draft */
async function resume(editor, layer, draft) {
  if (!draft.id) return editor.make(layer);
  try {
    return editor.change(layer, await ask(`layers/${layer.id}/features/${draft.id}`));
  } catch (error) {
    return toast(/** @type {Error} */ (error).message, { icon: "warn" });
  }
}
