// The top bar: mark, space, search, how fresh the page is, the time, who one is; and the band of a drill.
import { ask } from "./api.js";
import { config, hasRole } from "./config.js";
import { add, el, fill, icon } from "./dom.js";
import { monthDay, timeOf, weekday } from "./format.js";
import { now } from "./moment.js";
import { on } from "./state.js";
import { t } from "./words.js";

/** @param {Element} bar @param {Element} find @param {Element} drafts @param {{drills: () => void, tour: () => void}} act */
export function topBar(bar, find, drafts, act) {
  const { space } = config;
  const clock = el("span", { class: "clock" });
  const day = el("span", { class: "quiet" });
  const tick = () => {
    const at = new Date(now());
    clock.textContent = timeOf(at);
    day.textContent = `${monthDay(at)} ${weekday(at)}`;
  };
  tick();
  setInterval(tick, 5000);
  const spaceChip = el("button", { class: `space${space.drill ? " drill" : ""}`, type: "button", text: t(space.drill ? "space.drill" : space.past ? "past.title" : "space.live"), title: t("drill.title"), on: { click: act.drills } });
  add(bar, spaceChip, find, el("span", { class: "push" }), drafts, presence(), freshness(), el("span", { class: "rule wide-only" }), el("span", { class: "time" }, clock, day), el("span", { class: "rule" }), userMenu(act));
}

/** The bar of the pages beside the map. @param {Element} bar @param {Element} pages */
export function bareBar(bar, pages) {
  add(bar, pages, el("span", { class: "push" }), userMenu({}));
}

/** Whether what one sees is of this moment. */
function freshness() {
  const made = el("span", { class: "live waiting wide-only", role: "status", text: t("live.connecting") });
  on("live", ({ state, since }) => {
    if (state === "past") {
      made.className = "live wide-only cut-off";
      made.textContent = t("past.title");
      return;
    }
    made.className = `live wide-only ${state === "on" ? "" : state === "off" || state === "stale" ? "cut-off" : "waiting"}`;
    made.textContent = state === "on" ? t("live.on") : state === "off" || state === "stale" ? t("live.off", { time: timeOf(since) }) : t("live.connecting");
  });
  return made;
}

/** Who else has this map open; nothing while one is alone. */
function presence() {
  const made = el("span", { class: "here wide-only", hidden: true });
  on("here", (/** @type {string[]} */ people) => {
    const others = people.filter((one) => one !== config.user.name);
    made.hidden = !others.length;
    fill(made, icon("user"), t("here.others", { n: others.length }));
    made.title = t("here.names", { names: others.join(t("list.comma")) });
  });
  return made;
}

/** @param {{drills?: () => void, tour?: () => void}} act */
function userMenu(act) {
  const { user, language } = config;
  const roles = user.roles.map((role) => t(/** @type {any} */ (`role.${role}`))).join(t("list.comma"));
  const menu = el("div", { class: "drop right-edge", hidden: true, role: "menu" });
  const opener = el("button", { class: "who", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": user.name, on: { click: () => open(menu.hidden) } }, icon("user"), el("span", { text: user.name }), icon("down"));
  const open = (/** @type {boolean} */ yes) => {
    menu.hidden = !yes;
    opener.setAttribute("aria-expanded", String(yes));
  };
  const item = (/** @type {string} */ words, /** @type {() => void} */ go, /** @type {any} */ picture) => el("button", { class: "item", type: "button", role: "menuitem", on: { click: () => { open(false); go(); } } }, picture && icon(picture), words);
  const goes = (/** @type {string} */ page, /** @type {any} */ picture) => item(t(/** @type {any} */ (`office.${page}`)), () => location.assign(`/${page}`), picture);
  const others = config.languages.filter((one) => one !== language);
  fill(menu, el("div", { class: "head" }, el("b", { text: user.name }), el("div", { text: roles })), el("hr"),
    act.drills && item(t("drill.title"), act.drills, "layers"),
    hasRole("system_admin", "security_admin") && goes("accounts", "user"), hasRole("audit_admin") && goes("audit", "history"), goes("sessions", "clock"), goes("password", "edit"), el("hr"),
    item(t("help.title"), openHelp, "help"), item(t("help.connect"), openConnect, "link"), act.tour && item(t("tour.title"), act.tour, "right"), el("hr"),
    others.map((one) => item(t(/** @type {any} */ (`language.${one}`)), () => speak(one), "edit")),
    item(t("theme.switch"), () => switchTheme(), "theme"),
    el("hr"), item(t("user.signOut"), signOut, "right"));
  document.addEventListener("click", (event) => { if (!menu.hidden && !holder.contains(/** @type {Node} */ (event.target))) open(false); });
  const holder = el("span", { class: "holder", on: { keydown: (/** @type {KeyboardEvent} */ event) => {
    const items = [.../** @type {NodeListOf<HTMLElement>} */ (menu.querySelectorAll("[role=menuitem]"))];
    const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (menu.hidden || (event.key !== "Escape" && !to)) return;
    event.stopPropagation();
    event.preventDefault();
    if (to) return items[(items.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + to + items.length) % items.length].focus();
    open(false);
    opener.focus();
  } } }, opener, menu);
  return holder;
}

/** Help beside the map: a page of its own, so that nothing on this one is lost. */
export const openHelp = () => window.open("/help", "onemap-help");

/** How QGIS, ArcGIS and scripts get at the same layers. */
const openConnect = () => window.open("/help/connect", "onemap-help");

/** @param {string} language */
function speak(language) {
  document.cookie = `lang=${language}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}

export function switchTheme() {
  const next = document.documentElement.dataset.theme === "wall" ? "day" : "wall";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("onemap-theme", next);
  dispatchEvent(new Event("onemap:theme"));
}

async function signOut() {
  await ask("/logout", { method: "POST" });
  location.assign("/login");
}

/** @param {Element} band */
export function drillBand(band) {
  const { space } = config;
  if (!space.drill) return;
  const name = el("span", { class: "cut", text: t("drill.notReal", { name: "" }) });
  add(band, el("b", { text: t("space.drill") }), name, el("a", { class: "push", href: "/", text: t("drill.backToLive") }));
  /** @type {HTMLElement} */ (band).hidden = false;
  ask("/api/v1/drills").then(({ drills }) => { // a name that a person typed is data: it is fetched, never part of the page's script
    const here = drills.find((/** @type {any} */ one) => one.id === space.id);
    if (here) name.textContent = t("drill.notReal", { name: `${here.name} ·` });
  }).catch(() => null);
}

/** 演练 over the whole map of a drill, so that no picture of it passes for real. @param {Element} main */
export function watermark(main) {
  if (config.space.drill) add(main, el("div", { class: "watermark", "aria-hidden": "true" }, ...Array.from({ length: 9 }, () => el("i", { text: t("space.drill") }))));
}
