// The wall's foot: the last changes, the newest at the right, as a quiet line of time.
import { ask, query } from "../api.js";
import { el, fill } from "../dom.js";
import { dayOf, monthDay, timeOf } from "../format.js";
import { now } from "../moment.js";
import { state } from "../state.js";
import { say, t } from "../words.js";

const SHOWN = 6;

/** Returns what reads them anew. @param {Element} place */
export function strip(place) {
  let drawn = "";
  return async () => {
    try {
      const { commits } = await ask(`commits?${query({ limit: SHOWN })}`);
      const wanted = JSON.stringify([commits.map((/** @type {any} */ one) => one.token), dayOf(new Date(now())), state.layers.size]);
      if (wanted === drawn) return;
      drawn = wanted;
      place.setAttribute("aria-label", t("wall.changes"));
      fill(place, commits.length ? commits.reverse().map(entry) : el("p", { class: "basis", text: t("changes.none") }));
    } catch {
      // the head says that nothing came; what was read stays, it has its times
    }
  };
}

/** @param {any} commit */
function entry(commit) {
  const at = new Date(commit.at);
  const when = dayOf(at) === dayOf(new Date(now())) ? timeOf(at) : `${monthDay(at)} ${timeOf(at)}`;
  const layers = commit.layers.map((/** @type {any} */ one) => {
    const layer = state.layers.get(one.layer);
    return t("wall.changed", { layer: layer ? say(layer.label) : one.layer, n: one.inserted + one.updated + one.deleted });
  }).join(t("list.comma"));
  return el("div", { class: "ev" }, el("time", { text: when, datetime: commit.at }), el("span", { class: "cut", text: layers }), el("span", { class: "cut support", text: [commit.by || t("live.somebody"), commit.reason].filter(Boolean).join(" · ") }));
}
