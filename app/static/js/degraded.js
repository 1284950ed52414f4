// When server or database do not answer: a quiet banner with the age of what one sees; it goes by itself when they are back.
import { add, el, fill } from "./dom.js";
import { ago, timeOf } from "./format.js";
import { on } from "./state.js";
import { toast } from "./toast.js";
import { t } from "./words.js";

const PATIENCE_MS = 1500; // a reconnection that takes less is not worth a word
const TICK_MS = 5000;

/** @param {Element} main @param {{back: () => void}} act what to do when all answers again */
export function degradedBanner(main, act) {
  const note = el("div", { class: "float card notice-map stale-banner", hidden: true });
  let since = new Date();
  let kind = "on";
  let wait = 0;
  const draw = () => fill(note, el("div", { class: "note stale", role: "status" }, el("b", { text: t(kind === "stale" ? "stale.database" : "stale.server") }), el("p", { text: t("stale.seen", { time: timeOf(since), age: ago(since.toISOString()) }) }), el("p", { text: t("stale.writing") })));
  setInterval(() => { if (!note.hidden) draw(); }, TICK_MS);
  on("live", ({ state, since: last }) => {
    if (state === "past" || state === "connecting") return;
    const down = state !== "on";
    kind = state;
    clearTimeout(wait);
    if (down) {
      since = last;
      if (note.hidden) wait = window.setTimeout(() => { draw(); note.hidden = false; document.body.dataset.stale = "1"; }, PATIENCE_MS);
      else draw();
    } else if (!note.hidden) {
      note.hidden = true;
      delete document.body.dataset.stale;
      toast(t("stale.back"));
      act.back();
    }
  });
  add(main, note);
}
