// Files that are dropped on the map or pasted: single ones, the loose parts of one, or a whole folder.
import { add, el, icon } from "../dom.js";
import { t } from "../words.js";

const MOST = 200;

/** @param {HTMLElement} main @param {(files: File[]) => void} take */
export function dropping(main, take) {
  const veil = el("div", { class: "drop-veil", hidden: true }, el("div", { class: "card" }, icon("upload"), el("b", { text: t("load.dropHere") }), el("span", { class: "meta", text: t("load.forms") })));
  add(main, veil);
  const carries = (/** @type {DragEvent} */ event) => [...(event.dataTransfer?.types || [])].includes("Files");
  addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) veil.hidden = true; });
  addEventListener("drop", async (event) => {
    veil.hidden = true;
    if (!carries(event)) return;
    event.preventDefault();
    const files = await filesOf(/** @type {DataTransfer} */ (event.dataTransfer));
    if (files.length) take(files);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}

/** All files of what was dropped, folders opened. @param {DataTransfer} data @returns {Promise<File[]>} */
export async function filesOf(data) {
  const entries = [...data.items].map((one) => one.webkitGetAsEntry?.()).filter((one) => one != null);
  if (!entries.some((one) => one.isDirectory)) return [...data.files];
  /** @type {File[]} */
  const found = [];
  const waiting = [...entries];
  while (waiting.length && found.length < MOST) {
    const one = /** @type {any} */ (waiting.shift());
    if (one.isFile) found.push(await new Promise((done, failed) => one.file(done, failed)));
    else waiting.push(...(await inside(one)));
  }
  return found.filter((one) => !one.name.startsWith("."));
}

/** A folder tells its entries a hundred at a time. @param {any} folder @returns {Promise<any[]>} */
async function inside(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return all;
    all.push(...some);
  }
}
