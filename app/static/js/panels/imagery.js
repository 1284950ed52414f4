// Background pictures: place one from here (its file, its name, the day that it shows), give another name or date, take one away.
import { Offline, ask } from "../api.js";
import { config, hasRole, symbolUrl } from "../config.js";
import { add, button, el, fill, icon, iconButton } from "../dom.js";
import { moment, number } from "../format.js";
import { Sending, quoted, tooLarge } from "../load/sending.js";
import { empty, refused, section, sectionHead, waiting } from "../panel.js";
import { toast } from "../toast.js";
import { t } from "../words.js";

const POLL_MS = 400;
const PICTURE = /\.(tiff?|mbtiles|pmtiles)$/i;
const BESIDE = /\.(tfw|tifw|wld|prj|ovr|xml)$/i; // what lies beside a GeoTIFF; the picture itself says where it is
/** How far the bar is at each stage; up to the first it follows the bytes sent. @type {Record<string, number>} */
const FAR = { waiting: 0.4, judging: 0.45, tiling: 0.5, zooming: 0.85 };
const MB = 1e6;

export const mayPlace = () => !config.space.past && hasRole("gis_staff");

/** The one picture among files that were dropped or chosen, if they are a picture and what lies beside it. @param {File[]} files @returns {File | null} */
export function pictureOf(files) {
  const pictures = files.filter((one) => PICTURE.test(one.name));
  return pictures.length === 1 && files.every((one) => one === pictures[0] || BESIDE.test(one.name)) ? pictures[0] : null;
}

/** The basemaps are others now: the tree reads them anew, and chooses one where it is named. @param {string} [choose] */
const changed = (choose) => dispatchEvent(new CustomEvent("onemap:basemaps", { detail: choose }));

/** @param {import("../panel.js").Panel} panel @param {File | null} [file] dropped or chosen elsewhere */
export function imageryPanel(panel, file = null) {
  new Pictures(panel).start(file);
}

class Pictures {
  /** @param {import("../panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    /** @type {File | null} */
    this.file = null;
    /** @type {Sending | null} */
    this.sending = null;
    /** The placing that the server works on. */
    this.placing = "";
  }

  /** @param {string} [meta] */
  open(meta) {
    return this.panel.open({ kind: "imagery", picture: symbolUrl("area_layer", "base"), title: t("picture.title"), meta: meta || t("picture.meta"), left: this.left });
  }

  /** What is on its way to the server is broken off; what the server works on goes on without us. */
  left = () => {
    this.sending?.drop();
    this.sending = null;
  };

  /** @param {File | null} file */
  async start(file) {
    this.file = file;
    this.panel.leave();
    const opened = this.open();
    const form = this.form();
    const list = el("div", {}, waiting());
    add(opened.body, form, list);
    if (file) form.querySelector("#picture-name")?.focus();
    this.list(opened, list);
  }

  // The picture, its name and its day.

  form() {
    const name = el("input", { id: "picture-name", maxlength: "60", value: stem(this.file), on: { keydown: quiet, input: () => ready() } });
    const day = el("input", { id: "picture-date", type: "date", max: "9999-12-31", on: { keydown: quiet, input: () => ready() } });
    const chooser = el("input", { type: "file", class: "heard", id: "picture-file", accept: ".tif,.tiff,.mbtiles,.pmtiles", on: { change: () => take(chooser.files[0] || null) } });
    const shown = el("b", { text: this.file?.name || t("picture.choose") });
    const zone = el("label", { class: "drop-zone", for: "picture-file" }, icon("upload"), shown, el("span", { class: "meta", text: t("picture.forms") }), chooser);
    const go = el("div", { class: "tool-row" });
    const large = el("div", {});
    const take = (/** @type {File | null} */ file) => {
      if (!file) return;
      this.file = file;
      shown.textContent = file.name;
      name.value = stem(file);
      ready();
    };
    const ready = () => {
      const note = this.file && tooLarge([this.file], `onemap imagery place ${quoted(this.file.name)}${name.value.trim() ? ` --name ${quoted(name.value.trim())}` : ""}${day.value ? ` --date ${day.value}` : ""}`);
      fill(large, note);
      const missing = !this.file ? t("picture.pickFile") : note ? t("upload.pickSmaller") : !name.value.trim() ? t("picture.pickName") : "";
      fill(go, missing ? el("button", { class: "btn wide", type: "button", "aria-disabled": "true" }, el("span", { class: "cut", text: missing })) : button(t("picture.place"), () => this.place(name.value.trim(), day.value), { primary: true, wide: true }));
    };
    ready();
    return el("section", { class: "section" }, zone, large, el("div", { class: "field" }, el("label", { for: "picture-name", text: t("picture.name") }), el("div", { class: "input" }, name)),
      el("div", { class: "field" }, el("label", { for: "picture-date", text: t("picture.date") }), el("div", { class: "input" }, day)), el("p", { class: "hint", text: t("picture.dateHint") }), go);
  }

  // On its way: sent piece by piece, then made into tiles by the worker.

  /** @param {string} name @param {string} day */
  async place(name, day) {
    const file = /** @type {File} */ (this.file);
    const opened = this.open(file.name);
    const { words, bar, detail, box } = progress();
    add(opened.body, box);
    const sending = (this.sending ||= new Sending([file])); // tried again it goes on where it stopped
    opened.acts(button(t("load.stop"), () => this.stop(), { wide: true }));
    try {
      await sending.whole((sent) => {
        words.textContent = t(sent.waiting ? "load.linkDown" : "load.sending");
        detail.textContent = t("load.sent", { sent: number(Math.round(sent.sent / 1024)), of: number(Math.round(sent.of / 1024)) });
        bar.value = (FAR.waiting * sent.sent) / (sent.of || 1);
        box.classList.toggle("down", sent.waiting);
      });
      const { id } = await ask("/api/v1/imagery/placings", { body: { upload: sending.ids[0], name, ...(day ? { date: day } : {}) }, key: sending.ids[0] });
      this.placing = id;
      this.left(); // the server has it under another name
      this.ended(await this.follow(opened, { words, bar, detail }), () => this.place(name, day));
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError" || !opened.current()) return;
      fill(opened.body, refused(error, () => this.place(name, day)));
      opened.acts(button(t("picture.other"), () => this.start(null), { wide: true }));
    }
  }

  /** Wait until the worker is done with it; null when the panel shows something else by then.
   * @param {ReturnType<Pictures["open"]>} opened @param {Record<string, any>} shown */
  async follow(opened, { words, bar, detail }) {
    for (;;) {
      const one = await asked(this.placing);
      if (!opened.current()) {
        if (one.state === "placed") changed();
        else if (one.state === "waiting" || one.state === "placing") later(one.id);
        return null;
      }
      if (one.state !== "waiting" && one.state !== "placing") return one;
      const stage = one.state === "waiting" ? "waiting" : one.stage || "judging";
      words.textContent = t(/** @type {any} */ (`picture.stage.${stage}`));
      detail.textContent = one.written ? t("picture.written", { mb: number(Math.round(one.written / MB)) }) : t("load.stopAnyTime");
      bar.value = FAR[stage];
      await pause();
    }
  }

  async stop() {
    this.left();
    if (this.placing) await ask(`/api/v1/imagery/placings/${this.placing}`, { method: "DELETE" }).catch(() => null);
    this.placing = "";
    this.start(this.file);
  }

  /** @param {any} one @param {() => void} again */
  ended(one, again) {
    this.placing = "";
    if (!one || one.state === "cancelled") return;
    const { body, acts } = this.open(one.file);
    if (one.state === "placed") {
      changed(one.imagery);
      toast(t("picture.done", { name: one.name }));
      section(body, el("div", { class: "note", role: "status" }, el("b", { text: t("picture.done", { name: one.name }) }), t("picture.doneMore")));
      const list = el("div", {}, waiting());
      add(body, list);
      this.list({ current: () => this.panel.kind === "imagery" && list.isConnected }, list);
      acts(button(t("picture.another"), () => this.start(null), { wide: true }), button(t("panel.close"), () => this.panel.close()));
      return;
    }
    section(body, el("div", { class: "note bad", role: "alert" }, el("b", { text: t("picture.refused") }), el("p", { text: one.refused?.message || "" }), one.refused?.remedy ? el("p", {}, el("b", { class: "next", text: t("load.next") }), one.refused.remedy) : null,
      one.refused?.code === "placing-fault" ? el("div", { class: "acts" }, button(t("action.again"), again, { small: true, primary: true })) : null));
    acts(button(t("picture.other"), () => this.start(null), { primary: true, wide: true }), button(t("panel.close"), () => this.panel.close()));
  }

  // What is placed.

  /** @param {{current: () => boolean}} opened @param {Element} list */
  async list(opened, list) {
    try {
      const { imagery, placings } = await ask("/api/v1/imagery");
      if (!opened.current()) return;
      const again = () => this.list(opened, list);
      const working = placings.filter((/** @type {any} */ one) => one.state === "waiting" || one.state === "placing");
      fill(list, working.length ? el("section", { class: "section" }, sectionHead(t("picture.working"), number(working.length)), working.map((/** @type {any} */ one) => under(one, again))) : null,
        el("div", { class: "section" }, sectionHead(t("picture.placed"), imagery.length ? number(imagery.length) : "")), imagery.length ? imagery.map((/** @type {any} */ one) => placed(one, again)) : empty(t("picture.none"), t("picture.noneMore")));
    } catch (error) {
      if (opened.current()) fill(list, refused(error, () => this.list(opened, list)));
    }
  }
}

/** @param {any} one @param {() => void} again */
function under(one, again) {
  const stop = () => ask(`/api/v1/imagery/placings/${one.id}`, { method: "DELETE" }).catch(() => null).then(again);
  return el("div", { class: "picture-under", data: { placing: one.id } }, el("span", { class: "what" }, el("b", { class: "cut", text: one.name }), el("span", { class: "meta", text: [one.by, t(/** @type {any} */ (`picture.stage.${one.state === "waiting" ? "waiting" : one.stage || "judging"}`))].join(" · ") })), button(t("load.stop"), stop, { small: true }));
}

/** @param {any} one @param {() => void} again */
function placed(one, again) {
  const said = el("div");
  const send = async (/** @type {any} */ how, /** @type {string} */ done) => {
    try {
      await ask(`/api/v1/imagery/${one.id}`, { ...how, version: one.version });
      toast(done);
      changed();
      again();
    } catch (error) {
      fill(said, refused(error));
    }
  };
  const sure = () => fill(said, el("div", { class: "note" }, el("b", { text: t("picture.removeSure", { name: one.name }) }), t("picture.removeMore"), el("div", { class: "acts" }, button(t("picture.removeGo"), () => send({ method: "DELETE" }, t("picture.removed", { name: one.name })), { small: true, primary: true }), button(t("action.cancel"), () => fill(said), { small: true }))));
  const edit = () => {
    const name = el("input", { id: `name-${one.id}`, maxlength: "60", value: one.name, on: { keydown: quiet } });
    const day = el("input", { id: `date-${one.id}`, type: "date", max: "9999-12-31", value: one.date || "", on: { keydown: quiet } });
    const go = () => (name.value.trim() ? send({ method: "PUT", body: { name: name.value.trim(), date: day.value || null } }, t("picture.saved")) : name.focus());
    fill(said, el("div", { class: "section" }, el("div", { class: "field" }, el("label", { for: `name-${one.id}`, text: t("picture.name") }), el("div", { class: "input" }, name)), el("div", { class: "field" }, el("label", { for: `date-${one.id}`, text: t("picture.date") }), el("div", { class: "input" }, day)),
      el("div", { class: "tool-row" }, button(t("picture.save"), go, { small: true, primary: true }), button(t("action.cancel"), () => fill(said), { small: true }))));
    name.focus();
  };
  const meta = [one.date || t("basemap.undated"), `${number(Math.max(1, Math.round(one.bytes / MB)))} MB`, one.by ? t("picture.by", { by: one.by, when: moment(one.at) }) : t("picture.byServer")];
  return el("div", { class: "view-row", data: { picture: one.id } },
    el("button", { class: "row", type: "button", title: t("picture.show"), on: { click: () => changed(one.id) } }, el("span", { class: "sy plain" }, icon("layers")), el("span", { class: "what" }, el("b", { text: one.name }), el("span", { class: "meta" }, meta.flatMap((part, i) => [i ? " · " : "", el("span", { text: part })]))), el("span", { class: "how meta", text: t("picture.show") })),
    el("div", { class: "view-acts" }, iconButton("edit", t("picture.edit", { name: one.name }), edit), iconButton("close", t("picture.remove", { name: one.name }), sure)), said);
}

function progress() {
  const bar = el("progress", { class: "progress", max: "1", "aria-label": t("load.sending") });
  const words = el("b", { text: t("load.sending") });
  const detail = el("span", { class: "meta" });
  return { bar, words, detail, box: el("section", { class: "section working", role: "status" }, words, bar, detail) };
}

/** The panel shows something else: the tree still learns of the picture once it is placed, and of a refusal the person. @param {string} id */
async function later(id) {
  for (;;) {
    await pause(POLL_MS * 5);
    const one = await asked(id).catch(() => null);
    if (one?.state === "waiting" || one?.state === "placing") continue;
    if (one?.state === "placed") {
      changed();
      toast(t("picture.done", { name: one.name }));
    } else if (one?.refused) toast([one.refused.message, one.refused.remedy].filter(Boolean).join(t("list.stop")), { icon: "warn" });
    return;
  }
}

/** How it stands; a link that is down changes nothing about it. @param {string} id @returns {Promise<any>} */
async function asked(id) {
  for (;;) {
    try {
      const one = await ask(`/api/v1/imagery/placings/${id}`);
      return one;
    } catch (error) {
      if (!(error instanceof Offline)) throw error;
      await pause();
    }
  }
}

const pause = (ms = POLL_MS) => new Promise((done) => setTimeout(done, ms));
/** @param {KeyboardEvent} event */
const quiet = (event) => { if (event.key !== "Escape") event.stopPropagation(); };
/** @param {File | null} file */
const stem = (file) => (file ? file.name.replace(/\.[^.]*$/, "").slice(0, 60) : "");
