// Files that the server makes, put where the browser keeps downloads.
import { Refusal } from "./api.js";
import { config } from "./config.js";
import { el } from "./dom.js";

/** @param {string} url @param {string} name */
export function save(url, name) {
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

/** Ask for a file and save it under the name that it comes with; with a body it is posted. @param {string} address @param {any} body @param {string} fallback its name if none comes */
export async function fetchFile(address, body, fallback) {
  const posted = { method: "POST", headers: { "Accept-Language": config.language, "X-CSRF-Token": config.csrf, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(address, { ...(body ? posted : { headers: { "Accept-Language": config.language } }), credentials: "same-origin" });
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => ({})));
  const name = decodeURIComponent(response.headers.get("Content-Disposition")?.match(/filename\*=UTF-8''([^;]+)/)?.[1] || fallback);
  const kept = URL.createObjectURL(await response.blob());
  save(kept, name);
  setTimeout(() => URL.revokeObjectURL(kept), 60_000);
  return { name, count: Number(response.headers.get("X-Feature-Count")) };
}
