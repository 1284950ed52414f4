// Files on their way to the server piece by piece: when the link is lost what has arrived stays, and the rest goes on by itself.
import { ask, unanswered } from "../api.js";
import { config } from "../config.js";
import { el } from "../dom.js";
import { number } from "../format.js";
import { t } from "../words.js";

const PIECE = 1024 * 1024; // what a lost link costs at most: 6 s on a line of 1.5 Mbit/s
const PATIENCE_MS = 120000; // for one piece; a link that hangs counts as lost
const AGAIN_MS = [500, 1000, 2000, 4000]; // then every 4 s, and at once when the browser says that it is back

/** How much is there, of how much, and whether the link is down. @typedef {{sent: number, of: number, waiting: boolean}} Sent */

const MB = 1024 * 1024;

/** A word of a command as a shell takes it, whatever a file is called. @param {string} word */
export const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/** What to do instead with files that are larger than the page may send, said before anything is sent; null for others.
 * @param {File[]} files @param {string} command that puts them in on the server */
export function tooLarge(files, command) {
  const size = files.reduce((sum, one) => sum + one.size, 0);
  if (size <= config.upload_bytes) return null;
  return el("div", { class: "note bad large", role: "alert" }, el("b", { text: t("upload.tooLarge", { mb: number(Math.ceil(size / MB)), most: number(config.upload_bytes / MB) }) }), el("p", {}, el("b", { class: "next", text: t("load.next") }), t("upload.tooLargeDo")), el("code", { class: "command", text: command }));
}

export class Sending {
  /** @param {File[]} files */
  constructor(files) {
    this.files = files.map((file) => ({ file, id: "", offset: 0 }));
    this.stop = new AbortController();
  }

  get ids() {
    return this.files.map((one) => one.id);
  }

  /** Bring every file there whole; a second time nothing is left to send. AbortError once it was dropped. @param {(sent: Sent) => void} hear */
  async whole(hear) {
    const of = this.files.reduce((sum, one) => sum + one.file.size, 0);
    const tell = (waiting = false) => hear({ sent: this.files.reduce((sum, one) => sum + one.offset, 0), of, waiting });
    tell();
    for (const one of this.files) await this.one(one, tell);
  }

  /** @param {{file: File, id: string, offset: number}} one @param {(waiting?: boolean) => void} tell */
  async one(one, tell) {
    if (!one.id) await this.begin(one, tell);
    while (one.offset < one.file.size) {
      const piece = one.file.slice(one.offset, one.offset + PIECE);
      try {
        await this.patiently(() => ask(`uploads/${one.id}`, { method: "PATCH", piece, headers: { "Upload-Offset": String(one.offset) }, signal: this.signal }), () => this.look(one), tell);
        one.offset += piece.size;
      } catch (error) {
        const { status } = /** @type {any} */ (error);
        if (status === 409) await this.look(one); // the answer to a piece was lost, the piece was not
        else if (status === 404) await this.begin(one, tell); // swept meanwhile
        else if (!(error instanceof Moved)) throw error;
      }
      tell();
    }
  }

  /** @param {{file: File, id: string, offset: number}} one @param {(waiting?: boolean) => void} tell */
  async begin(one, tell) {
    const name = btoa(String.fromCharCode(...new TextEncoder().encode(one.file.name)));
    const headers = { "Upload-Length": String(one.file.size), "Upload-Metadata": `filename ${name}` };
    const made = await this.patiently(() => ask("uploads", { method: "POST", headers, signal: this.signal }), async () => undefined, tell);
    Object.assign(one, { id: made.id, offset: 0 });
  }

  /** Where the server is; a piece may have come though its answer did not. @param {{id: string, offset: number}} one */
  async look(one) {
    const { offset } = await ask(`uploads/${one.id}`, { signal: this.signal });
    if (offset === one.offset) return;
    one.offset = offset;
    throw new Moved();
  }

  /** Ask until there is an answer; before each new try see where one is. @param {() => Promise<any>} act @param {() => Promise<void>} look @param {(waiting?: boolean) => void} tell */
  async patiently(act, look, tell) {
    for (let tries = 0; ; tries += 1) {
      try {
        if (tries) await look();
        const done = await act();
        return done;
      } catch (error) {
        if (!unanswered(error)) throw error;
        this.stop.signal.throwIfAborted();
        tell(true);
        await this.pause(AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
        this.stop.signal.throwIfAborted();
      }
    }
  }

  /** @param {number} ms */
  pause(ms) {
    return new Promise((done) => {
      const end = () => { clearTimeout(timer); removeEventListener("online", end); this.stop.signal.removeEventListener("abort", end); done(undefined); };
      const timer = setTimeout(end, ms);
      addEventListener("online", end);
      this.stop.signal.addEventListener("abort", end);
    });
  }

  get signal() {
    return AbortSignal.any([this.stop.signal, AbortSignal.timeout(PATIENCE_MS)]);
  }

  /** Nobody wants them any more. */
  drop() {
    this.stop.abort(new DOMException("dropped", "AbortError"));
    for (const one of this.files) if (one.id) ask(`uploads/${one.id}`, { method: "DELETE" }).catch(() => null);
  }
}

/** More had arrived than one knew: the next piece is another. */
class Moved extends Error {}
