// Personal values that most see masked: how one is told, and the button that shows it whole. Each look is written down.
import { ask } from "./api.js";
import { button } from "./dom.js";
import { toast } from "./toast.js";
import { say, t } from "./words.js";

/** @typedef {import("./types").Layer} Layer @typedef {import("./types").Field} Field */

/** Whether a value came masked. @param {Field} field @param {any} value */
export const isMasked = (field, value) => field.sensitivity === "personal" && String(value).includes("**");

/** A button that shows the value whole, for who may see it; else nothing. @param {Layer} layer @param {string} id @param {Field} field @param {(value: any, button: HTMLButtonElement) => void} show */
export function revealing(layer, id, field, show) {
  if (!layer.allowed.includes("reveal")) return null;
  const made = button(t("reveal.show"), async () => {
    try {
      const { values } = await ask(`layers/${layer.id}/features/${id}/reveal`, { body: { fields: [field.id] } });
      show(values[field.id], made);
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { icon: "warn" });
    }
  }, { small: true });
  made.setAttribute("aria-label", t("reveal.of", { field: say(field.label) }));
  made.classList.add("beside");
  return made;
}
