// Numbers, distances, bearings, times and values as people read them.
import { config } from "./config.js";
import { el } from "./dom.js";
import { now } from "./moment.js";
import { locale, say, t } from "./words.js";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const two = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });

/** @param {number} value */
export const number = (value) => (Number.isInteger(value) || Math.abs(value) >= 1000 ? whole : two).format(value);

const exact = new Intl.NumberFormat(locale, { maximumFractionDigits: 4 });
/** A stored value as it is: a water level of 1,003.27 m is not 1,003. @param {number} value */
export const figure = (value) => exact.format(value);

/** @param {number} metres @returns {[string, string]} the figure and its unit */
export function distance(metres) {
  if (metres < 1000) return [whole.format(metres), "m"];
  return [(metres / 1000).toFixed(metres < 100000 ? 1 : 0), "km"];
}

/** @param {number} metres */
export const distanceText = (metres) => distance(metres).join(" ");

/** Whole minutes, never fewer than it takes. @param {number} seconds */
export const minutes = (seconds) => Math.max(1, Math.ceil(seconds / 60));

/** @param {number} seconds */
export const minutesText = (seconds) => t("driving.minutes", { n: minutes(seconds) });

/** @param {number} squareMetres */
export const areaText = (squareMetres) => (squareMetres < 10000 ? `${whole.format(squareMetres)} m²` : squareMetres < 1e6 ? `${two.format(squareMetres / 10000)} ha` : `${two.format(squareMetres / 1e6)} km²`);

/** @param {number} degrees */
export function bearing(degrees) {
  const winds = t("winds").split(" ");
  return `${winds[Math.round(degrees / 45) % 8]} ${Math.round(degrees) % 360}°`;
}

/** @param {number} lon @param {number} lat @param {number} [digits] */
export const coordinates = (lon, lat, digits = 5) => `${lon.toFixed(digits)}, ${lat.toFixed(digits)}`;

/** Degrees, minutes and seconds to a tenth; rounded first, so that sixty seconds are a minute. @param {number} degrees its size only */
export function degreesMinutes(degrees) {
  const tenths = Math.round(Math.abs(degrees) * 36000);
  const pad = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return `${Math.floor(tenths / 36000)}°${pad(Math.floor(tenths / 600) % 60)}′${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}″`;
}

const zone = config.time_zone || "Asia/Shanghai";
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone });
const parts = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone });

/** @param {Date} when */
export const timeOf = (when) => clock.format(when);
/** @param {Date} when */
export const dayOf = (when) => parts.format(when);
/** @param {Date} when */
export const monthDay = (when) => dayOf(when).slice(5);
/** @param {Date} when */
export const weekday = (when) => new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: zone }).format(when);

/** @param {string} iso */
export function moment(iso) {
  const when = new Date(iso);
  return dayOf(when) === dayOf(new Date(now())) ? t("time.today", { time: timeOf(when) }) : `${dayOf(when)} ${timeOf(when)}`;
}

const DAY = 86400000;
/** How long ago, in words. @param {string | null | undefined} iso */
export function ago(iso) {
  if (!iso) return t("age.never");
  const passed = now() - new Date(iso).getTime();
  if (passed < 60000) return t("age.now");
  if (passed < 3600000) return t("age.minutes", { n: Math.floor(passed / 60000) });
  if (passed < 6 * 3600000) return t("age.hours", { n: Math.floor(passed / 3600000) });
  if (dayOf(new Date(iso)) === dayOf(new Date(now()))) return t("time.today", { time: timeOf(new Date(iso)) });
  const days = Math.max(1, Math.round(passed / DAY));
  if (days > 30) return t("age.overdue", { n: days - 30 });
  return days === 1 ? t("age.yesterday") : t("age.days", { n: days });
}

/** Which shape: within a week, within a month, past it, unknown. @param {string | null | undefined} iso */
export function ageBand(iso) {
  if (!iso) return "never";
  const passed = now() - new Date(iso).getTime();
  return passed < 7 * DAY ? "fresh" : passed < 30 * DAY ? "ageing" : "overdue";
}

/** @param {string | null | undefined} iso */
export const age = (iso) => el("span", { class: `age ${ageBand(iso)}`, text: ago(iso), title: iso ? t("age.verified", { when: moment(iso) }) : t("age.neverLong") });

/** A value in words: choices by label, dates and numbers as read; null where unknown.
 * @param {import("./types").Field} field @param {any} value @returns {string | null} */
export function words(field, value) {
  if (value == null || value === "" || (Array.isArray(value) && !value.length)) return null;
  if (Array.isArray(value)) return value.map((one) => words(field, one)).filter(Boolean).join(t("list.comma"));
  const choice = (field.choices || []).find((one) => String(one.value) === String(value));
  if (choice) return say(choice.label);
  if (field.type === "boolean") return t(value ? "yes" : "no");
  if (field.type === "date") return String(value).slice(0, 10);
  if (field.type === "datetime") return moment(value);
  if ((field.type === "integer" || field.type === "number") && typeof value === "number") return figure(value);
  return String(value);
}

/** @type {Record<string, import("./types").Label>} */
const UNITS = {
  persons: { zh: "人", en: "people" }, m: { zh: "m", en: "m" }, km: { zh: "km", en: "km" }, m2: { zh: "m²", en: "m²" }, m3: { zh: "m³", en: "m³" }, t: { zh: "t", en: "t" }, degC: { zh: "℃", en: "°C" },
  "km/h": { zh: "km/h", en: "km/h" }, min: { zh: "分", en: "min" }, days: { zh: "天", en: "days" }, percent: { zh: "%", en: "%" }, cases: { zh: "起", en: "cases" }, items: { zh: "处", en: "" }, times: { zh: "次", en: "times" },
  beds: { zh: "张", en: "beds" }, lanes: { zh: "车道", en: "lanes" }, ha: { zh: "ha", en: "ha" }, households: { zh: "户", en: "households" },
};
/** @param {string | null | undefined} unit */
export const unitOf = (unit) => (unit ? say(UNITS[unit] || unit) : "");

/** The words of a feature's summary fields, a number with its unit.
 * @param {import("./types").Layer} layer @param {Record<string, any>} properties */
export function summary(layer, properties) {
  return layer.summary
    .map((id) => layer.fields.find((field) => field.id === id))
    .map((field) => field && sized(field, properties[field.id]))
    .filter(Boolean)
    .join(" · ");
}

/** @param {import("./types").Field} field @param {any} value */
export function sized(field, value) {
  const said = words(field, value);
  return said && field.unit ? `${said} ${unitOf(field.unit)}`.trim() : said;
}

/** @param {import("./types").Layer} layer @param {import("./types").Feature} feature */
export const titleOf = (layer, feature) => String((layer.title && feature.properties[layer.title]) || (layer.key && feature.properties[layer.key]) || t("feature.unnamed", { layer: say(layer.label) }));
