// Changes by others as they happen: one stream, resumed by itself; the page says when it is behind.
import { ask } from "./api.js";
import { config } from "./config.js";
import { heard } from "./moment.js";
import { tell } from "./state.js";

const RETRY_MS = 3000;

/** Pictures were placed or taken away; what happened while the link was down was not told. */
const basemapsChanged = () => dispatchEvent(new CustomEvent("onemap:basemaps"));

export class Live {
  /** `home`: where a reader goes whose drill has ended; `upgraded`: the server has newer scripts than this page.
   * @param {{change: (change: any) => void, layers: () => void, reset: () => void, upgraded: () => void, home?: string}} act */
  constructor(act) {
    this.act = act;
    this.since = new Date();
    this.cursor = "";
    this.greeted = false;
    this.open();
    document.addEventListener("visibilitychange", () => { if (!document.hidden && this.stream?.readyState === EventSource.CLOSED) this.open(); });
  }

  open() {
    this.stream?.close();
    this.say("connecting");
    const { act } = this;
    const stream = (this.stream = new EventSource(`${config.api}/events${this.cursor ? `?after=${encodeURIComponent(this.cursor)}` : ""}`));
    const keep = (/** @type {MessageEvent} */ event) => { heard(); if (event.lastEventId) this.cursor = event.lastEventId; };
    const read = (/** @type {MessageEvent} */ event) => { keep(event); return event.data ? JSON.parse(event.data) : {}; };
    stream.onopen = () => this.say("on");
    stream.addEventListener("hello", (event) => { this.say("on"); if (this.greeted) basemapsChanged(); this.greeted = true; const { static: now } = read(event); if (now && now !== config.static) act.upgraded(); });
    stream.addEventListener("change", (event) => { this.say("on"); this.act.change(read(event)); });
    stream.addEventListener("layers", (event) => { keep(event); this.act.layers(); });
    stream.addEventListener("reset", (event) => { keep(event); this.act.reset(); });
    stream.addEventListener("stale", () => this.say("stale"));
    stream.addEventListener("here", (event) => tell("here", read(event).people || []));
    stream.addEventListener("basemaps", basemapsChanged);
    stream.addEventListener("fresh", () => this.say("on"));
    stream.addEventListener("signed-out", () => location.assign(config.entrance));
    stream.addEventListener("closed", () => location.assign(act.home || "/"));
    stream.onerror = () => {
      this.say("off");
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => this.again(), RETRY_MS * (0.5 + Math.random())); // spread out
    };
  }

  async again() {
    try {
      await ask("/api/v1/me"); // a session that ended leads to the sign-in page
    } catch {
      setTimeout(() => this.again(), RETRY_MS * (0.5 + Math.random()));
      return;
    }
    this.open();
  }

  /** `off`: no server; `stale`: the server, but no database. @param {"on" | "off" | "stale" | "connecting"} state */
  say(state) {
    if (state === "on" || this.state === "on") this.since = new Date();
    this.state = state;
    tell("live", { state, since: this.since });
  }
}
