// The wall's head: whose map, real or drill, how old what one sees is, the server's day and time.
import { config } from "../config.js";
import { add, el } from "../dom.js";
import { monthDay, timeOf, weekday } from "../format.js";
import { now, silence } from "../moment.js";
import { on, state } from "../state.js";
import { t } from "../words.js";

const TICK_MS = 1000;
const SILENT_MS = 75000; // two questions of the wall went unanswered
const MINUTE_MS = 60000;

/** Returns what takes in a question that failed, or null when one was answered. @param {Element} bar */
export function head(bar) {
  const { space, wall, user } = config;
  const chip = el("span", { class: `space${space.drill ? " drill" : ""}`, text: t(space.drill ? "space.drill" : space.past ? "past.title" : "space.live") });
  const link = el("span", { class: "live waiting", text: t("live.connecting") });
  const cut = el("div", { class: "wall-cut", role: "status", hidden: true }, el("b"), el("span"));
  const day = el("span", { class: "day" });
  const clock = el("b", { class: "clock" });
  const who = wall?.idle_minutes ? el("span", { class: "quiet", text: t("wall.session", { name: user.name, n: wall.idle_minutes }) }) : null;
  add(bar, chip, cut, el("span", { class: "push" }), who, link, day, clock);
  let stream = "connecting";
  let failed = /** @type {Error | null} */ (null);

  function tick() {
    const at = new Date(now());
    say(clock, timeOf(at));
    say(day, `${monthDay(at)} ${weekday(at)}`);
    const still = silence();
    const down = stream === "stale" || (stream === "off" && still > 5000) || still > SILENT_MS || Boolean(failed);
    const age = still < MINUTE_MS ? t("wall.seconds", { n: Math.floor(still / 1000) }) : t("wall.minutes", { n: Math.floor(still / MINUTE_MS) });
    link.className = `live${down ? " cut-off" : stream === "on" ? "" : " waiting"}`;
    say(link, down ? t("wall.stopped") : stream === "on" ? t("wall.live", { age }) : t("live.connecting"));
    cut.hidden = !down;
    document.body.dataset.stale = down ? "1" : "";
    if (!down) return;
    say(cut.children[0], stream === "stale" || failed ? t("stale.database") : t("stale.server"));
    say(cut.children[1], t("wall.seen", { time: timeOf(new Date(now() - still)), age }));
  }

  on("live", ({ state: is }) => { stream = is; tick(); });
  setInterval(tick, TICK_MS);
  tick();
  return (/** @type {Error | null} */ error) => { failed = state.layers.size ? error : null; tick(); };
}

/** Write only what is new: a text written each second is laid out each second. @param {Element} place @param {string} words */
function say(place, words) {
  if (place.textContent !== words) place.textContent = words;
}
