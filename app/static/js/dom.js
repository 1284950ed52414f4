// Elements made from values: text only through textContent, handlers only through addEventListener.
import { ICONS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false} Child */

/** An element. `class`, `text`, `on` (event -> handler), `data`, `hidden` and DOM attributes.
 * @param {string} tag @param {Record<string, any>} [given] @param {...(Child | Child[])} children @returns {any} */
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value == null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, /** @type {any} */ (handler));
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "value") /** @type {any} */ (made).value = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  add(made, ...children);
  return made;
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function add(parent, ...children) {
  for (const child of children.flat()) if (child != null && child !== false) parent.append(child instanceof Node ? child : String(child));
  return parent;
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return add(parent, ...children);
}

/** A line icon of 16 px. @param {keyof typeof ICONS} name */
export function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 16 16");
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  made.append(path);
  return made;
}

/** @param {string} url @param {string} [alt] */
export const image = (url, alt = "") => el("img", { src: url, alt, draggable: "false" });

/** @param {string} label @param {() => void} act @param {{primary?: boolean, wide?: boolean, small?: boolean, icon?: keyof typeof ICONS, key?: string, type?: string}} [how] */
export function button(label, act, how = {}) {
  const kinds = ["btn", how.primary && "primary", how.wide && "wide", how.small && "small"].filter(Boolean).join(" ");
  return el("button", { class: kinds, type: how.type || "button", on: { click: act } }, how.icon && icon(how.icon), el("span", { class: "cut", text: label }), how.key && el("span", { class: "key", text: how.key, "aria-hidden": "true" }));
}

/** @param {keyof typeof ICONS} name @param {string} label @param {() => void} act */
export const iconButton = (name, label, act) => el("button", { class: "icon-btn", type: "button", title: label, "aria-label": label, on: { click: act } }, icon(name));
