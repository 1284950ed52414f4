// Load a file: what was found in it and why, every row's fate, then one press to write; nothing before.
import { ask } from "../api.js";
import { symbolUrl } from "../config.js";
import { add, button, el, fill, icon } from "../dom.js";
import { number } from "../format.js";
import { empty, refused, section, sectionHead } from "../panel.js";
import { state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";

const POLL_MS = 500;
const SHOWN = 100; // lines of problems
const WORKING = new Set(["waiting", "examining", "confirmed", "committing"]);

/** @param {import("../panel.js").Panel} panel @param {{layers: () => void}} act */
export function loadPanel(panel, act) {
  const { body, acts } = panel.open({ kind: "load", picture: symbolUrl("stock", "base"), title: t("load.title"), meta: t("load.steps") });
  /** @type {File[]} */
  let files = [];
  const targets = [...state.layers.values()].filter((layer) => layer.allowed.includes("load")).map((layer) => el("option", { value: layer.id, text: say(layer.label) }));
  const target = el("select", { id: "load-layer", on: { change: () => { made.hidden = target.value !== ""; ready(); } } }, el("option", { value: "", text: t("load.newLayer") }), targets);
  const name = el("input", { id: "load-name", maxlength: "48", pattern: "[a-z][a-z0-9_]*", placeholder: t("load.newIdHint"), on: { input: () => ready(), keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  const made = el("div", { class: "field" }, el("label", { for: "load-name", text: t("load.newId") }), el("div", { class: "input" }, name));
  const chooser = el("input", { type: "file", multiple: true, class: "heard", id: "load-file", on: { change: () => take([...chooser.files]) } });
  const words = el("b", { text: t("load.choose") });
  const zone = el("label", { class: "drop-zone", for: "load-file" }, icon("upload"), words, el("span", { class: "meta", text: t("load.forms") }), chooser);
  zone.addEventListener("dragover", (/** @type {DragEvent} */ event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (/** @type {DragEvent} */ event) => { event.preventDefault(); zone.classList.remove("over"); take([...(event.dataTransfer?.files || [])]); });
  const crs = el("input", { id: "load-crs", placeholder: "EPSG:4546", on: { keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  const encoding = el("input", { id: "load-encoding", placeholder: "GB18030", on: { keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  const datum = el("select", { id: "load-datum" }, el("option", { value: "", text: t("load.found") }), el("option", { value: "gcj02", text: t("load.gcj") }), el("option", { value: "bd09", text: t("load.bd") }));
  const entry = (/** @type {string} */ id, /** @type {string} */ label, /** @type {any} */ control) => el("div", { class: "field" }, el("label", { for: id, text: label }), el("div", { class: "input" }, control));
  const sublayer = el("input", { id: "load-sublayer", maxlength: "200", on: { keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
  const anywhere = el("input", { id: "load-anywhere", class: "tick", type: "checkbox" });
  const said = el("div");
  section(body, zone);
  section(body, el("div", { class: "field" }, el("label", { for: "load-layer", text: t("load.into") }), el("div", { class: "input" }, target)), made,
    el("details", {}, el("summary", { class: "meta", text: t("load.told") }), entry("load-crs", t("load.crs"), crs), entry("load-datum", t("load.datum"), datum), entry("load-encoding", t("load.encoding"), encoding), entry("load-sublayer", t("load.sublayer"), sublayer),
      el("div", { class: "field" }, el("label", { for: "load-anywhere", text: t("load.anywhere") }), anywhere)));
  add(body, said);

  const take = (/** @type {File[]} */ chosen) => {
    files = chosen;
    words.textContent = files.map((one) => one.name).join(t("list.comma")) || t("load.choose");
    ready();
  };
  const layer = () => target.value || name.value.trim();
  const ready = () => {
    const missing = !files.length ? t("load.pickFile") : !layer() ? t("load.pickLayer") : "";
    acts(missing ? el("button", { class: "btn wide", type: "button", "aria-disabled": "true", text: missing }) : button(t("load.preview"), send, { primary: true, wide: true, icon: "upload" }));
  };
  ready();

  async function send() {
    const form = new FormData();
    for (const file of files) form.append("file", file);
    form.append("layer", layer());
    if (!target.value) form.append("create", "true");
    for (const [name, control] of Object.entries({ crs, datum, encoding, sublayer })) if (control.value.trim()) form.append(name, control.value.trim());
    if (anywhere.checked) form.append("anywhere", "true");
    acts();
    fill(said, el("section", { class: "section" }, el("p", { class: "meta", text: t("load.working", { file: files[0].name }) }), el("div", { class: "progress" }, el("i"))));
    try {
      show(await finished(await ask("loads", { form })));
    } catch (error) {
      fill(said, refused(error));
      ready();
    }
  }

  /** @param {any} load */
  async function finished(load) {
    let now = load;
    while (WORKING.has(now.state)) {
      await new Promise((done) => setTimeout(done, POLL_MS));
      now = await ask(`loads/${load.id}`);
    }
    return now;
  }

  /** @param {any} load */
  function show(load) {
    const report = load.report || {};
    if (!load.report || load.state === "failed") { // what broke off says in its one problem what a person may do
      fill(said, refused({ title: t("load.failed"), errors: report.problems }, () => loadPanel(panel, act)));
      return ready();
    }
    fill(said, reportOf(report));
    const discard = button(t("load.discard"), async () => { await ask(`loads/${load.id}`, { method: "DELETE" }).catch(() => null); loadPanel(panel, act); });
    if (report.committed) {
      toast(t("load.done", { n: number(report.accepted), layer: say(state.layers.get(report.layer)?.label) || report.layer }));
      acts(button(t("load.title"), () => loadPanel(panel, act), { wide: true }));
      return act.layers();
    }
    if (report.accepted > 0) acts(button(t("load.commit", { n: number(report.accepted) }), () => commit(load), { primary: true, wide: true }), discard);
    else {
      add(said, empty(t("load.nothing"), t("load.nothingAdvice")));
      ready(); // the same files again, with what the report asks for
    }
    return undefined;
  }

  /** @param {any} load */
  async function commit(load) {
    acts();
    try {
      show(await finished(await ask(`loads/${load.id}/confirm`, { method: "POST" })));
    } catch (error) {
      add(said, refused(error));
    }
  }
}

/** @param {any} report */
function reportOf(report) {
  const figure = (/** @type {keyof typeof import("../words/zh.js").zh} */ key, /** @type {number} */ n) => el("div", { class: "figure" }, el("b", { text: number(n || 0) }), el("span", { class: "unit", text: t("load.unit") }), el("div", { class: "meta", text: t(key) }));
  const found = (/** @type {any} */ one) => (one ? [el("b", { text: one.value ?? t("unknown") }), el("div", { class: "meta", text: one.reason || "" })] : t("unknown"));
  const problems = (report.problems || []).slice(0, SHOWN);
  return el("div", {},
    el("section", { class: "section" }, sectionHead(t("load.preview"), report.file), el("div", { class: "figures five" }, figure("load.read", report.read), figure("load.accepted", report.accepted), figure("load.repaired", report.repaired), figure("load.skipped", report.skipped), figure("load.rejected", report.rejected))),
    el("section", { class: "section" }, el("dl", { class: "facts" }, el("dt", { text: t("load.encoding") }), el("dd", {}, found(report.encoding)), el("dt", { text: t("load.crs") }), el("dd", {}, found(report.crs)), report.sublayer ? [el("dt", { text: t("load.sublayer") }), el("dd", { text: report.sublayer })] : []),
      report.mapping?.length ? el("p", { class: "basis" }, el("b", { text: t("load.mapping") }), " ", report.mapping.map((/** @type {any} */ one) => `${one.column} → ${one.field}`).join(t("list.comma"))) : null,
      report.unmatched?.length ? el("p", { class: "basis", text: t("load.unmatched", { columns: report.unmatched.join(t("list.comma")) }) }) : null),
    problems.length ? el("section", { class: "section" }, sectionHead(t("load.problems"), String(report.problems_total ?? problems.length)), problems.map((/** @type {any} */ one) => el("div", { class: `note${one.severity === "error" ? " bad" : ""}` }, one.row ? el("b", { text: t("load.rowField", { row: one.line || one.row, field: one.field || "" }) }) : null, [one.message, onPage(one.remedy)].filter(Boolean).join(t("list.stop"))))) : null);
}

/** What to do, in the names of this form: reports are written for the command line. @param {string | null} remedy */
function onPage(remedy) {
  /** @type {Record<string, keyof typeof import("../words/zh.js").zh>} */
  const fields = { crs: "load.crs", datum: "load.datum", encoding: "load.encoding", sublayer: "load.sublayer", anywhere: "load.anywhere", create: "load.newLayer" };
  return remedy && remedy.replace(/--(\w+)/g, (option, name) => (fields[name] ? t("load.field", { name: t(fields[name]) }) : option));
}
