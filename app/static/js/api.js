// Requests to our own server: JSON in and out, problems as errors with their words.
import { attended } from "./attention.js";
import { config } from "./config.js";
import { heardFrom } from "./moment.js";
import { t } from "./words.js";

const PATIENCE_MS = 20000; // a wall asks again by itself; a question that hangs would hold it up for good

/** A refusal in words: `status`, `code`, `errors` of the problem document. */
export class Refusal extends Error {
  /** @param {number} status @param {any} problem */
  constructor(status, problem) {
    super(problem.detail || problem.title || t("error.unknown", { status }));
    this.status = status;
    this.problem = problem;
    this.code = problem.code || "";
    this.title = problem.title || this.message;
    /** @type {{pointer: string, code: string, message: string, remedy?: string}[]} */
    this.errors = problem.errors || [];
  }
}

/** No answer at all: the line or the server is down. */
export class Offline extends Error {
  constructor() {
    super(t("error.offline"));
    this.title = t("error.offline");
  }
}

/** Whether nobody could answer just now, neither server nor database; what one has stays readable. @param {any} error */
export const unanswered = (error) => error instanceof Offline || error?.status === 503;

/** @param {string} path below the API of this space, or from the root
 * @param {{method?: string, body?: any, version?: number, signal?: AbortSignal, form?: FormData, key?: string, piece?: Blob, headers?: Record<string, string>}} [how] @returns {Promise<any>} */
export async function ask(path, how = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/geo+json, application/json", "Accept-Language": config.language, ...attended(), ...how.headers };
  const method = how.method || (how.body || how.form ? "POST" : "GET");
  if (method !== "GET") headers["X-CSRF-Token"] = config.csrf;
  if (how.body) headers["Content-Type"] = "application/json";
  if (how.piece) headers["Content-Type"] = "application/offset+octet-stream";
  if (how.version != null) headers["If-Match"] = `"${how.version}"`;
  if (how.key) headers["Idempotency-Key"] = how.key;
  const url = path.startsWith("/") ? path : `${config.api}/${path}`;
  const asked = Date.now();
  let response;
  try {
    response = await fetch(url, { method, headers, body: how.form || how.piece || (how.body ? JSON.stringify(how.body) : undefined), signal: how.signal || (config.wall ? AbortSignal.timeout(PATIENCE_MS) : undefined), credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Offline();
  }
  heardFrom(response, asked);
  if (response.status === 401) location.assign(`${config.entrance}?next=${encodeURIComponent(location.pathname + location.hash)}`);
  if (response.status === 204) return null;
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    value = { title: t("error.unknown", { status: response.status }) };
  }
  if (!response.ok) throw new Refusal(response.status, value || {});
  return value;
}

/** @param {Record<string, any>} values */
export const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value != null && value !== "").map(([name, value]) => [name, String(value)])).toString();
