// Looking back: the whole map as it stood at a moment is a page of its own; a band says so and leads through time and home.
import { config } from "./config.js";
import { add, button, el } from "./dom.js";
import { dayOf, timeOf } from "./format.js";
import { t } from "./words.js";

const MINUTE = 60000;
const DAY = 24 * 60 * MINUTE;

/** The address of a moment, with the view one has. @param {Date} when */
export function addressOf(when) {
  const stamp = new Date(Math.floor(when.getTime() / 1000) * 1000).toISOString().replace(/[-:]/g, "").replace(".000", "");
  const kept = JSON.parse(sessionStorage.getItem(`onemap-view-${config.space.id}`) || "null");
  return `/spaces/past-${stamp}/${kept ? `#${kept[0]}/${kept[1]}/${kept[2]}` : ""}`;
}

/** @param {Date} when */
export const lookBack = (when) => location.assign(addressOf(when));

const home = () => location.assign(`/${addressOf(new Date()).match(/#.*/)?.[0] || ""}`);

/** Says that this is not now. @param {HTMLElement} band */
export function pastBand(band) {
  if (!config.space.past || !config.space.as_of) return;
  const moment = new Date(config.space.as_of);
  const slider = el("input", { type: "range", min: "0", max: String(DAY / MINUTE), value: "0", "aria-label": t("past.slider") });
  const said = el("span", { class: "when" });
  const newest = Math.max(moment.getTime(), Math.min(Date.now() - MINUTE, moment.getTime() + DAY / 2)); // the slider's right end
  const at = () => new Date(newest - DAY + Number(slider.value) * MINUTE);
  slider.value = String(Math.round((moment.getTime() - newest + DAY) / MINUTE));
  const say = (/** @type {Date} */ when) => (said.textContent = `${dayOf(when)} ${timeOf(when)}`);
  say(moment);
  slider.addEventListener("input", () => say(at()));
  slider.addEventListener("change", () => lookBack(at()));
  slider.addEventListener("keydown", (/** @type {Event} */ event) => event.stopPropagation());
  band.classList.add("past");
  add(band, el("b", { text: t("past.title") }), said, slider, el("span", { class: "cut", text: t("past.fixed") }), button(t("past.home"), home, { small: true }));
  band.hidden = false;
}

/** Choosing a moment: a few by name, any by date and time. */
export function momentChooser() {
  const input = el("input", { type: "datetime-local", id: "moment", step: "60", max: local(new Date()), value: local(config.space.as_of ? new Date(config.space.as_of) : new Date(Date.now() - 60 * MINUTE)), on: { keydown: (/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === "Enter") go(); } } });
  const go = () => { if (input.value) lookBack(new Date(Math.min(new Date(input.value).getTime(), Date.now() - 1000))); };
  const named = /** @type {[string, number][]} */ ([[t("past.hour"), 60 * MINUTE], [t("past.shift"), 12 * 60 * MINUTE], [t("past.day"), DAY], [t("past.week"), 7 * DAY]]);
  return el("section", { class: "section" }, el("div", { class: "section-head" }, el("h3", { text: t("past.look") })),
    el("div", { class: "field" }, el("label", { for: "moment", text: t("past.moment") }), el("div", { class: "input" }, input)),
    el("div", { class: "tool-row" }, button(t("past.go"), go, { small: true, primary: true }), named.map(([words, ago]) => button(words, () => lookBack(new Date(Date.now() - ago)), { small: true }))));
}

/** @param {Date} when as a datetime-local box has it */
const local = (when) => new Date(when.getTime() - when.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
