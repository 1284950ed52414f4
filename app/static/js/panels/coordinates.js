// A place in every form, each to be copied by one press; the shifted ones of web maps carry their datum with them.
import { ask, query } from "../api.js";
import { add, button, el, fill } from "../dom.js";
import { coordinates } from "../format.js";
import { toast } from "../toast.js";
import { t } from "../words.js";

/** The position with a button that opens its forms. `rough`: the reader is told about where it is, nothing to be copied as exact.
 * @param {{lon: number, lat: number}} place @param {{rough?: boolean, inside?: boolean}} [how] */
export function position(place, how = {}) {
  if (how.rough) return el("span", {}, coordinates(place.lon, place.lat, 2), " ", el("span", { class: "meta-3", text: t("position.rough") }));
  const list = el("div", { class: "forms", hidden: true });
  const opener = button(t("position.copy"), () => turn(list.hidden), { small: true, icon: "copy" });
  opener.classList.add("beside");
  opener.setAttribute("aria-expanded", "false");
  const turn = (/** @type {boolean} */ open) => {
    list.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open && !list.children.length) read(list, place);
  };
  return el("span", { class: "position" }, coordinates(place.lon, place.lat), " ", opener, how.inside && el("span", { class: "meta-3", text: t("position.inside") }), list);
}

/** @param {Element} list @param {{lon: number, lat: number}} place */
async function read(list, place) {
  const decimal = { text: coordinates(place.lon, place.lat, 6), label: t("position.decimal") };
  fill(list, line(decimal));
  try {
    const { forms } = await ask(`search/forms?${query({ lon: place.lon, lat: place.lat })}`);
    fill(list, forms.map(line));
  } catch (error) {
    add(list, el("p", { class: "meta-3", text: /** @type {Error} */ (error).message }));
  }
}

/** @param {{text: string, label: string}} one */
function line({ text, label }) {
  const made = el("button", { class: "form-line", type: "button", "aria-label": t("position.copyOf", { label, text }), on: { click: () => copy(text) } }, el("span", { class: "meta-3", text: label }), el("span", { class: "said", text }));
  return made;
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("position.copied", { text }), { icon: "copy" });
  } catch { // without a clipboard (plain http) the text is selected, to be copied by hand
    const shown = [...document.querySelectorAll(".form-line .said")].find((one) => one.textContent === text);
    if (shown) getSelection()?.selectAllChildren(shown);
    toast(t("position.byHand"), { icon: "copy" });
  }
}
