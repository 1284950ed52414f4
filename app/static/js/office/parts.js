// What the pages beside the map are made of: heads, tables whose rows open the panel, reasons asked for.
import { el, fill, iconButton } from "../dom.js";
import { dayOf } from "../format.js";
import { locale, t } from "../words.js";
import { config } from "../config.js";

const second = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: config.time_zone });

/** Day and time to the second. @param {string} iso */
export const exactly = (iso) => `${dayOf(new Date(iso))} ${second.format(new Date(iso))}`;

/** @param {string} title @param {...any} rest */
export const pageHead = (title, ...rest) => el("header", { class: "page-head" }, el("h2", { text: title }), ...rest);

/** A table; a row with `open` opens the panel by click, Enter or blank.
 * @param {string} name @param {{label: string, wide?: boolean}[]} columns @param {{cells: any[], open?: (row: HTMLElement) => void}[]} rows */
export function list(name, columns, rows) {
  const body = el("tbody", {}, rows.map((one) => listRow(one, columns)));
  return el("table", { class: "table list", "aria-label": name }, el("thead", {}, el("tr", {}, columns.map((one) => el("th", { scope: "col", class: one.wide ? "wide-only" : null }, one.label || el("span", { class: "heard", text: t("office.acts") }))))), body);
}

/** @param {{cells: any[], open?: (row: HTMLElement) => void}} row @param {{label: string, wide?: boolean}[]} columns */
export function listRow(row, columns) {
  const { open } = row;
  const made = el("tr", open ? { tabindex: "0" } : {}, row.cells.map((cell, i) => (cell instanceof HTMLTableCellElement ? cell : el("td", { class: columns[i].wide ? "wide-only" : null }, cell))));
  if (!open) return made;
  const go = () => {
    made.closest("tbody")?.querySelector(".chosen")?.classList.remove("chosen");
    made.classList.add("chosen");
    open(made);
  };
  made.addEventListener("click", (/** @type {MouseEvent} */ event) => { if (!(/** @type {Element} */ (event.target).closest("button, a"))) go(); });
  made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.target !== made || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    go();
  });
  return made;
}

/** The panel at the right. @param {HTMLElement} right @param {string} title @param {any} meta @param {{from?: HTMLElement}} [how] */
export function openAside(right, title, meta, how = {}) {
  const body = el("div", { class: "scroll" });
  const acts = el("div", { class: "panel-acts", hidden: true });
  const close = () => {
    right.hidden = true;
    how.from?.classList.remove("chosen");
    how.from?.focus();
  };
  fill(right, el("header", { class: "panel-head" }, el("div", {}, el("h2", { text: title, tabindex: "-1" }), el("div", { class: "meta" }, meta)), iconButton("close", t("panel.close"), close)), body, acts);
  right.setAttribute("aria-label", title);
  right.hidden = false;
  /** @type {HTMLElement} */ (right.querySelector("h2")).focus();
  return { body, close, acts: (/** @type {any[]} */ ...all) => { fill(acts, ...all); acts.hidden = !all.length; } };
}

/** A field with its label. @param {string} id @param {string} label @param {Record<string, any>} [given] */
export function field(id, label, given = {}) {
  const input = el("input", { id, autocomplete: "off", ...given });
  return { input, row: el("div", { class: "field" }, el("label", { for: id, text: label }), el("div", { class: "input" }, input)) };
}

/** Why, kept in the audit. */
export const reasonField = () => field("reason", t("office.reason"), { maxlength: "500", placeholder: t("office.reasonHint") });

/** @param {string} role */
export const roleWord = (role) => t(/** @type {any} */ (`role.${role}`));
