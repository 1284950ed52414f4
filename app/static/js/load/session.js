// One file on its way in: what the user said about it, its examination by the server, confirming, dropping, undoing.
import { Offline, Refusal, ask } from "../api.js";
import { config } from "../config.js";

const POLL_MS = 350;
const WORTH_BREAKING_OFF = 8 * 1024 * 1024; // bytes still to send; less is let through and taken away by the answer's id, for it may be there already
const WORKING = new Set(["waiting", "examining", "confirmed", "committing"]);

/** What the user said. @typedef {{crs?: string, datum?: string, datum_rows?: number[], encoding?: string, sublayer?: string, anywhere?: boolean, swapped?: boolean, mapping: Record<string, string>, measures?: Record<string, string>, rows: Record<string, {drop?: boolean, keep?: boolean, fill?: Record<string, any>}>}} Told */
/** How far it is: bytes sent of all, else the stage of the worker. @typedef {{sent?: number, of?: number, stage?: string}} Progress */

export class Session {
  constructor() {
    /** @type {File[]} */
    this.files = [];
    this.layer = "";
    this.create = false;
    /** @type {Told} */
    this.told = { mapping: {}, rows: {} };
    /** The load as the server has it, and its rehearsal. @type {any} */
    this.load = null;
    /** @type {any} */
    this.seen = null;
    this.turn = 0;
    /** @type {XMLHttpRequest | null} */
    this.sending = null;
    /** @type {Promise<any> | null} */
    this.receiving = null;
    this.left = Infinity; // bytes of it still to send
  }

  /** Other files: what was said about the ones before is not said about these. @param {File[]} files */
  take(files) {
    this.files = files;
    this.told = { mapping: {}, rows: {} };
  }

  /** What a person calls it: of loose parts the one with the shapes. */
  get name() {
    return (this.files.find((one) => /\.(shp|tab|mif)$/i.test(one.name)) || this.files[0])?.name || "";
  }

  get size() {
    return this.files.reduce((sum, one) => sum + one.size, 0);
  }

  /** Send the files with all that was said and wait for what was found; null when it was dropped meanwhile. @param {(progress: Progress) => void} hear */
  async examine(hear) {
    await this.drop();
    const turn = (this.turn += 1);
    const receiving = (this.receiving = this.send(hear));
    const load = await receiving;
    if (turn !== this.turn) return null; // whoever dropped it has it taken away
    this.sending = this.receiving = null;
    this.load = load;
    return this.follow(turn, hear);
  }

  /** Wait until the server has nothing to do for it. @param {number} turn @param {(progress: Progress) => void} hear */
  async follow(turn, hear) {
    for (;;) {
      if (turn !== this.turn) return null;
      const seen = await ask(`loads/${this.load.id}/rehearsal`);
      if (turn !== this.turn) return null;
      if (!WORKING.has(seen.state)) {
        this.seen = seen;
        this.load = await ask(`loads/${this.load.id}`);
        return this.load;
      }
      hear({ stage: seen.state === "examining" ? seen.stage || "reading" : seen.state });
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  /** @param {(progress: Progress) => void} hear */
  async confirm(hear) {
    const before = this.seen;
    const id = this.load.id;
    await ask(`loads/${id}/confirm`, { method: "POST", key: `confirm-${id}` });
    const load = await this.follow(this.turn, hear);
    if (this.seen) this.seen = { ...before, commit: this.seen.commit };
    return load;
  }

  /** Give up whatever is under way: the upload is broken off, the reading ended, the file forgotten. */
  async drop() {
    this.turn += 1;
    const { sending, receiving } = this;
    this.sending = this.receiving = null;
    if (this.left > WORTH_BREAKING_OFF) sending?.abort();
    const load = this.load || (await receiving?.catch(() => null)); // the server's answer names what to take away
    this.load = this.seen = null;
    if (load && (WORKING.has(load.state) || load.state === "examined")) await ask(`loads/${load.id}`, { method: "DELETE" }).catch(() => null);
  }

  /** @param {string} reason */
  undo(reason) {
    return ask(`commits/${this.seen.commit}/undo`, { body: { reason }, key: `undo-${this.seen.commit}` });
  }

  get form() {
    const form = new FormData();
    for (const file of this.files) form.append("file", file, file.name);
    form.append("layer", this.layer);
    if (this.create) form.append("create", "true");
    for (const [name, value] of Object.entries(this.told)) {
      if (name === "measures" && !this.create) continue; // what fields count is said when a layer is made
      if (value == null || value === "" || value === false || (typeof value === "object" && !Object.keys(value).length)) continue;
      form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
    return form;
  }

  /** Post the files; `fetch` does not tell how far an upload is. @param {(progress: Progress) => void} hear @returns {Promise<any>} */
  send(hear) {
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      this.sending = request;
      this.left = this.size;
      request.open("POST", `${config.api}/loads`);
      for (const [name, value] of Object.entries({ Accept: "application/json", "Accept-Language": config.language, "X-CSRF-Token": config.csrf, "Idempotency-Key": crypto.randomUUID() })) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => {
        this.left = event.total - event.loaded;
        hear({ sent: event.loaded, of: event.total });
      });
      request.addEventListener("error", () => failed(new Offline()));
      request.addEventListener("abort", () => failed(new DOMException("dropped", "AbortError")));
      request.addEventListener("load", () => {
        let value = {};
        try {
          value = JSON.parse(request.responseText);
        } catch {
          // what a proxy says instead of us is no JSON
        }
        if (request.status < 300) done(value);
        else failed(new Refusal(request.status, value));
      });
      request.send(this.form);
    });
  }
}
