// One file on its way in: what the user said about it, its examination by the server, confirming, dropping, undoing.
import { ask, unanswered } from "../api.js";
import { Sending } from "./sending.js";

const POLL_MS = 350;
const AGAIN_MS = 1000;
const WORKING = new Set(["waiting", "examining", "confirmed", "committing"]);

/** What the user said. @typedef {{crs?: string, datum?: string, datum_rows?: number[], encoding?: string, sublayer?: string, anywhere?: boolean, swapped?: boolean, angles?: string, remember?: boolean, mapping: Record<string, string>, measures?: Record<string, string>, rows: Record<string, {drop?: boolean, keep?: boolean, fill?: Record<string, any>}>}} Told */
/** How far it is: bytes sent of all, and whether the link is down; else the stage of the worker. @typedef {{sent?: number, of?: number, waiting?: boolean, stage?: string}} Progress */

export class Session {
  constructor() {
    /** @type {File[]} */
    this.files = [];
    this.layer = "";
    this.create = false;
    /** What a layer to be made is called; the server finds its id. */
    this.label = "";
    /** @type {Told} */
    this.told = { mapping: {}, rows: {} };
    /** The load as the server has it, and its rehearsal. @type {any} */
    this.load = null;
    /** @type {any} */
    this.seen = null;
    /** How many features that the file does not have are to go, and why. @type {{count: number, reason: string} | null} */
    this.retire = null;
    this.turn = 0;
    /** @type {Sending | null} */
    this.sending = null;
    /** @type {Promise<any> | null} */
    this.receiving = null;
  }

  /** Other files: what was said about the ones before is not said about these. @param {File[]} files */
  take(files) {
    this.forget();
    this.files = files;
    this.label = this.name.replace(/\.[a-z0-9.]+$/i, "");
    if (this.create) this.layer = "";
    this.told = { mapping: {}, rows: {} };
  }

  /** What a person calls it: of loose parts the one with the shapes. */
  get name() {
    return (this.files.find((one) => /\.(shp|tab|mif)$/i.test(one.name)) || this.files[0])?.name || "";
  }

  get size() {
    return this.files.reduce((sum, one) => sum + one.size, 0);
  }

  /** The files on the server, too, are not wanted any more: they are loaded, or will not be. */
  forget() {
    this.sending?.drop();
    this.sending = null;
  }

  /** Send the files, those that are not there yet, with all that was said and wait for what was found; null when it was dropped meanwhile. @param {(progress: Progress) => void} hear */
  async examine(hear) {
    await this.drop();
    const turn = (this.turn += 1);
    this.sending ||= new Sending(this.files);
    await this.sending.whole(hear);
    if (turn !== this.turn) return null;
    const receiving = (this.receiving = this.receive(hear));
    const load = await receiving;
    if (turn !== this.turn) return null; // whoever dropped it has it taken away
    this.receiving = null;
    this.load = load;
    this.layer = load.layer;
    return this.follow(turn, hear);
  }

  /** Wait until the server has nothing to do for it. @param {number} turn @param {(progress: Progress) => void} hear */
  async follow(turn, hear) {
    for (;;) {
      if (turn !== this.turn) return null;
      const seen = await this.patiently(turn, hear, () => ask(`loads/${this.load.id}/rehearsal`));
      if (turn !== this.turn) return null;
      if (!WORKING.has(seen.state)) {
        const load = await this.patiently(turn, hear, () => ask(`loads/${this.load.id}`));
        if (turn !== this.turn) return null;
        this.seen = seen;
        this.load = load;
        return load;
      }
      hear({ stage: seen.state === "examining" ? seen.stage || "reading" : seen.state });
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  /** @param {(progress: Progress) => void} hear */
  async confirm(hear) {
    const before = this.seen;
    const id = this.load.id;
    const body = this.retire ? { retire: this.retire.count, reason: this.retire.reason } : undefined;
    await this.patiently(this.turn, hear, () => ask(`loads/${id}/confirm`, { method: "POST", body, key: `confirm-${id}` }));
    const load = await this.follow(this.turn, hear);
    if (this.seen) this.seen = { ...before, commit: this.seen.commit };
    return load;
  }

  /** Give up whatever is under way: the reading is ended, the load forgotten. The files stay there, to be read in another way. */
  async drop() {
    this.turn += 1;
    const { receiving } = this;
    this.receiving = null;
    const load = this.load || (await receiving?.catch(() => null)); // the server's answer names what to take away
    this.load = this.seen = null;
    if (load && (WORKING.has(load.state) || load.state === "examined")) await ask(`loads/${load.id}`, { method: "DELETE" }).catch(() => null);
  }

  /** Leave for good: what was being sent is broken off. */
  leave() {
    this.forget();
    return this.drop();
  }

  /** @param {string} reason */
  undo(reason) {
    return ask(`commits/${this.seen.commit}/undo`, { body: { reason }, key: `undo-${this.seen.commit}` });
  }

  get form() {
    const form = new FormData();
    form.append("uploads", JSON.stringify(this.sending?.ids || []));
    form.append("layer", this.layer);
    if (this.create) form.append("create", "true");
    if (this.create) form.append("label", this.label);
    if (this.told.remember === false) form.append("remember", "false");
    for (const [name, value] of Object.entries(this.told)) {
      if (name === "measures" && !this.create) continue; // what fields count is said when a layer is made
      if (name === "remember" || value == null || value === "" || value === false || (typeof value === "object" && !Object.keys(value).length)) continue;
      form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
    return form;
  }

  /** Ask for the load; under one key, so that an answer that was lost opens no second one. @param {(progress: Progress) => void} hear @returns {Promise<any>} */
  receive(hear) {
    const key = crypto.randomUUID();
    const { turn, form } = this;
    return this.patiently(turn, hear, () => ask("loads", { form, key }));
  }

  /** Ask until somebody answers, server and database: what goes on there goes on without us. Thrown on when the load was dropped meanwhile.
   * @param {number} turn @param {(progress: Progress) => void} hear @param {() => Promise<any>} act @returns {Promise<any>} */
  async patiently(turn, hear, act) {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (!unanswered(error) || turn !== this.turn) throw error;
        hear({ waiting: true });
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
  }
}
