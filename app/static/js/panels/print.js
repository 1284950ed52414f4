// The print panel: paper, way round, form, title, scale and what goes with the map; a preview that is the sheet itself.
import { config, symbolUrl } from "../config.js";
import { add, button, el, fill, iconButton } from "../dom.js";
import { refused, section, sectionHead } from "../panel.js";
import { Refusal } from "../api.js";
import { state } from "../state.js";
import { t } from "../words.js";

const SCALES = [5000, 10000, 25000, 50000, 75000, 100000, 150000, 200000, 250000, 300000, 500000];
const PREVIEW_DPI = 64;

/** @typedef {{paper: string, orientation: string, format: string, title: string, scale: string, nearest: boolean, exposure: boolean}} Wish */
/** What was chosen last stays chosen. @type {Wish} */
const wish = { paper: "A4", orientation: "landscape", format: "pdf", title: "", scale: "", nearest: true, exposure: true };

/** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view @param {import("./question.js").Question} question */
export function printPanel(panel, view, question) {
  const asked = { nearest: question.nearestAsked(), exposure: question.exposureAsked() };
  const { body, acts, current } = panel.open({ kind: "print", picture: symbolUrl("area_layer", "base"), title: t("print.title"), meta: t("print.meta") });
  const box = view.box();
  const preview = el("div", { class: "sheet-preview", role: "group", "aria-label": t("print.preview") });
  let page = 1;
  let turn = 0;
  let address = "";

  const sheet = (/** @type {Record<string, any>} */ more) => {
    const [west, south, east, north] = box;
    const where = wish.scale ? { lon: (west + east) / 2, lat: (south + north) / 2, scale: Number(wish.scale) } : { bbox: box };
    return {
      ...where, paper: wish.paper, orientation: wish.orientation, format: wish.format, title: wish.title, layers: [...state.shown], place: state.place?.name || "",
      ...(asked.nearest && wish.nearest ? { nearest: asked.nearest } : {}), ...(asked.exposure && wish.exposure ? { exposure: asked.exposure } : {}), ...more,
    };
  };

  async function show() {
    const mine = ++turn;
    preview.classList.add("busy");
    try {
      const made = await send(sheet({ format: "png", dpi: PREVIEW_DPI, page }));
      if (mine !== turn || !current()) return;
      URL.revokeObjectURL(address);
      address = URL.createObjectURL(made.file);
      const turned = (/** @type {number} */ by) => () => { page += by; show(); };
      fill(preview, el("img", { src: address, alt: t("print.pageOf", { n: page, all: made.pages }) }),
        el("div", { class: "pager" }, el("span", { text: t("print.scaleIs", { n: made.scale.toLocaleString("en").replace(/,/g, " ") }) }), el("span", { class: "push", text: t("print.pageOf", { n: page, all: made.pages }) }),
          page > 1 && iconButton("left", t("print.before"), turned(-1)), page < made.pages && iconButton("right", t("print.after"), turned(1))));
      acts(button(t(wish.format === "pdf" ? "print.getPdf" : "print.getPng", { n: made.pages }), () => download(made.pages), { primary: true, wide: true, icon: "print" }));
    } catch (error) {
      if (mine !== turn || !current()) return;
      fill(preview, refused(error, show));
      acts();
    } finally {
      if (mine === turn) preview.classList.remove("busy");
    }
  }

  /** A PDF is one file; of a PNG each page is one. @param {number} pages */
  async function download(pages) {
    try {
      for (let number = 1; number <= (wish.format === "png" ? pages : 1); number++) {
        const made = await send(sheet({ page: number }));
        const link = el("a", { href: URL.createObjectURL(made.file), download: pages > 1 && wish.format === "png" ? made.name.replace(/(\.\w+)$/, ` ${number}$1`) : made.name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      }
    } catch (error) {
      fill(preview, refused(error, show));
    }
  }

  const changed = () => { page = 1; show(); };
  const either = (/** @type {"paper" | "orientation" | "format"} */ name, /** @type {[string, string][]} */ all) => {
    const group = el("div", { class: "segments", role: "group", "aria-label": t(/** @type {any} */ (`print.${name}`)) });
    const draw = () => fill(group, all.map(([value, words]) => el("button", { type: "button", "aria-pressed": String(wish[name] === value), text: words, on: { click: () => { wish[name] = value; draw(); changed(); } } })));
    draw();
    return el("div", { class: "field" }, el("span", { class: "meta", text: t(/** @type {any} */ (`print.${name}`)) }), group);
  };
  const tick = (/** @type {"nearest" | "exposure"} */ name, /** @type {string} */ words) => {
    const input = el("input", { class: "tick", type: "checkbox", on: { change: () => { wish[name] = input.checked; changed(); } } });
    input.checked = wish[name];
    return el("label", { class: "tick-row" }, input, words);
  };
  const title = el("input", { id: "print-title", type: "text", maxlength: "60", value: wish.title, placeholder: t("print.titleHint"), on: { change: () => { wish.title = title.value.trim(); changed(); } } });
  const scale = el("select", { id: "print-scale", on: { change: () => { wish.scale = scale.value; changed(); } } }, el("option", { value: "", text: t("print.fit") }), SCALES.map((one) => el("option", { value: one, text: `1 : ${one.toLocaleString("en").replace(/,/g, " ")}` })));
  scale.value = wish.scale;
  section(body, el("div", { class: "field" }, el("label", { for: "print-title", text: t("print.name") }), el("div", { class: "input" }, title)),
    either("paper", [["A4", "A4"], ["A3", "A3"]]), either("orientation", [["landscape", t("print.landscape")], ["portrait", t("print.portrait")]]), either("format", [["pdf", "PDF"], ["png", "PNG"]]),
    el("div", { class: "field" }, el("label", { for: "print-scale", text: t("print.scale") }), el("div", { class: "input" }, scale)));
  section(body, sectionHead(t("print.with")),
    asked.nearest ? tick("nearest", t("tab.nearest")) : null, asked.exposure ? tick("exposure", t("zone.inside")) : null,
    el("p", { class: "meta", text: t(asked.nearest || asked.exposure ? "print.always" : "print.noQuestion") }));
  add(body, preview);
  show();
}

/** The drawn sheet; a refusal comes in words. @param {Record<string, any>} wanted */
async function send(wanted) {
  const response = await fetch(`${config.api}/print`, {
    method: "POST", credentials: "same-origin", body: JSON.stringify(wanted),
    headers: { "Content-Type": "application/json", "Accept-Language": config.language, "X-CSRF-Token": config.csrf },
  });
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => ({})));
  const name = decodeURIComponent(/filename\*=UTF-8''(\S+)/.exec(response.headers.get("Content-Disposition") || "")?.[1] || `onemap.${wanted.format}`);
  return { file: await response.blob(), name, pages: Number(response.headers.get("X-Pages") || 1), scale: Number(response.headers.get("X-Scale") || 0) };
}
