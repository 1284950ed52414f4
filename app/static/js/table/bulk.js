// One value for many features: what would change is shown row by row and tried by the server before anything is done.
import { ask, Refusal } from "../api.js";
import { add, button, el, fill, icon } from "../dom.js";
import { number, titleOf, unitOf, words } from "../format.js";
import { refused, sectionHead, waiting } from "../panel.js";
import { symbolOf } from "../panels/rows.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { Entry } from "../edit/entries.js";
import { readNamed } from "./listing.js";

export const MOST = 1000; // changes in one changeset
const REASONS = /** @type {const} */ (["edit.why.checked", "edit.why.corrected", "edit.why.updated"]);
const HIDDEN = new Set(["adcode"]); // set by the server

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Field} Field @typedef {import("../types").Feature} Feature */
/** @typedef {{feature: Feature, problem: any}} Tried */

export class Bulk {
  /** @param {import("../panel.js").Panel} panel @param {Layer} layer @param {string[]} ids @param {{done: () => void, drop: (ids: string[]) => void, card: (layer: string, id: string) => void}} act */
  constructor(panel, layer, ids, act) {
    this.panel = panel;
    this.layer = layer;
    this.ids = ids;
    this.act = act;
    /** @type {Tried[] | null} */
    this.tried = null;
    this.same = 0;
    this.busy = false;
    /** @type {Feature[]} */
    this.features = [];
    this.fields = layer.fields.filter((field) => !field.reference && !HIDDEN.has(field.id) && field.id !== layer.key);
    this.field = this.fields[0];
    this.opened = panel.open({ kind: "bulk", picture: symbolOf(layer, {}), title: t("bulk.title", { n: number(ids.length) }), meta: say(layer.label) });
    this.choice = el("select", { id: "bulk-field", on: { change: () => this.take(this.choice.value), keydown: (/** @type {Event} */ event) => event.stopPropagation() } }, this.fields.map((field) => el("option", { value: field.id, text: say(field.label) })));
    this.place = el("div");
    this.reason = el("input", { id: "bulk-reason", maxlength: "500", placeholder: t("form.reasonHint"), on: { input: () => this.refresh(), keydown: (/** @type {Event} */ event) => event.stopPropagation() } });
    this.list = el("div", { class: "bulk-list" });
    const chips = el("div", { class: "tool-row" }, REASONS.map((key) => button(t(key), () => { this.reason.value = t(key); this.refresh(); }, { small: true })));
    add(this.opened.body, el("section", { class: "section bulk" }, el("div", { class: "field" }, el("label", { for: "bulk-field", text: t("bulk.field") }), el("div", { class: "input" }, this.choice)), this.place,
      el("div", { class: "field" }, el("label", { for: "bulk-reason", text: t("form.reason") }), el("div", { class: "input" }, this.reason), el("div", { class: "hint" }, chips))), this.list);
    this.take(this.field.id);
    this.choice.focus();
  }

  /** @param {string} id */
  take(id) {
    this.field = this.fields.find((field) => field.id === id) || this.field;
    this.entry = new Entry({ ...this.field, required: false }, null, null, () => this.forget());
    if (!this.field.required) this.entry.say(t("bulk.empty"), false);
    fill(this.place, this.entry.row);
    this.forget();
  }

  /** What was tried holds no longer. */
  forget() {
    this.tried = null;
    fill(this.list);
    this.refresh();
  }

  get problems() {
    return (this.tried || []).filter((one) => one.problem);
  }

  refresh() {
    const { tried, opened } = this;
    if (this.busy) return opened.acts(el("button", { class: "btn wide", type: "button", "aria-disabled": "true", text: t("bulk.working") }));
    if (!tried) return opened.acts(button(t("bulk.preview", { n: number(this.ids.length) }), () => this.rehearse(), { primary: true, wide: true }));
    const bad = this.problems;
    const blocked = (/** @type {string} */ text) => el("button", { class: "btn wide", type: "button", "aria-disabled": "true", text });
    if (bad.length) return opened.acts(blocked(t("bulk.blocked", { n: number(bad.length) })), button(t("bulk.drop", { n: number(bad.length) }), () => this.drop(), {}));
    if (!tried.length) return opened.acts(blocked(t("bulk.nothing")));
    if (!this.reason.value.trim()) return opened.acts(blocked(t("bulk.needsReason")));
    return opened.acts(button(t("bulk.go", { n: number(tried.length) }), () => this.go(), { primary: true, wide: true }));
  }

  /** @param {Feature[]} features */
  changes(features) {
    const { id } = this.field;
    const value = this.entry?.value ?? null;
    return features.map((one) => ({ op: "patch", layer: this.layer.id, id: one.id, version: Number(one.properties.version), properties: { [id]: value } }));
  }

  /** Whether a feature has the value already. @param {Feature} feature */
  has(feature) {
    const [was, value] = [feature.properties[this.field.id] ?? null, this.entry?.value ?? null];
    if (this.field.type === "datetime" && was && value) return new Date(was).getTime() === new Date(value).getTime();
    return JSON.stringify(Array.isArray(was) && !was.length ? null : was) === JSON.stringify(Array.isArray(value) && !value.length ? null : value);
  }

  /** Read the rows as they are now and let the server try the change. */
  async rehearse() {
    await this.work(async () => {
      this.features = await readNamed(this.layer.id, this.ids);
      await this.attempt();
    });
  }

  async attempt() {
    const differing = this.features.filter((one) => !this.has(one));
    this.same = this.features.length - differing.length;
    const { results } = differing.length ? await ask("changesets", { body: { dry_run: true, reason: this.reason.value.trim() || null, changes: this.changes(differing) } }) : { results: [] };
    this.tried = differing.map((feature, i) => ({ feature, problem: results[i].problem }));
    this.show();
  }

  /** @param {() => Promise<void>} act */
  async work(act) {
    this.busy = true;
    this.refresh();
    fill(this.list, waiting());
    try {
      await act();
    } catch (error) {
      fill(this.list, refused(error, () => this.rehearse()));
    }
    this.busy = false;
    if (this.opened.current()) this.refresh();
  }

  /** Leave out the rows that have a problem. */
  drop() {
    const gone = this.problems.map((one) => one.feature.id);
    this.act.drop(gone);
    this.ids = this.ids.filter((id) => !gone.includes(id));
    this.features = this.features.filter((one) => !gone.includes(one.id));
    this.tried = (this.tried || []).filter((one) => !one.problem);
    this.show();
    this.refresh();
  }

  async go() {
    const tried = this.tried || [];
    await this.work(async () => {
      try {
        await ask("changesets", { body: { reason: this.reason.value.trim(), changes: this.changes(tried.map((one) => one.feature)) }, key: crypto.randomUUID() });
      } catch (error) {
        if (!(error instanceof Refusal) || ![409, 412, 422, 404].includes(error.status)) throw error;
        await this.attempt(); // nothing was done; the same versions tried again say which rows moved on
        return;
      }
      toast(t("bulk.done", { n: number(tried.length) }));
      this.act.done();
      this.panel.close();
    });
  }

  show() {
    const tried = this.tried || [];
    const bad = this.problems;
    const stale = bad.some((one) => one.problem.status === 412);
    const gone = this.ids.length - this.features.length;
    const notes = [this.same && t("bulk.same", { n: number(this.same) }), gone > 0 && t("bulk.gone", { n: number(gone) })].filter(Boolean).join(t("list.comma"));
    fill(this.list, el("section", { class: "section" }, sectionHead(t("bulk.changes", { n: number(tried.length - bad.length) }), notes || null),
      bad.length > 0 && el("div", { class: "note bad", role: "alert" }, el("b", { text: t("bulk.problems", { n: number(bad.length) }) }), t("bulk.untouched"), stale && el("div", { class: "acts" }, button(t("bulk.again"), () => this.rehearse(), { small: true })))),
    [...bad, ...tried.filter((one) => !one.problem)].map((one) => this.line(one)));
  }

  /** @param {Tried} one */
  line({ feature, problem }) {
    const said = (/** @type {any} */ value) => {
      const text = words(this.field, value);
      return text == null ? el("span", { class: "unknown", text: t("unknown") }) : el("span", { text: this.field.unit ? `${text} ${unitOf(this.field.unit)}` : text });
    };
    const why = problem && (problem.errors?.length ? problem.errors.map((/** @type {any} */ each) => [each.message, each.remedy].filter(Boolean).join(t("list.stop"))).join(t("list.comma")) : problem.detail || problem.title);
    return el("div", { class: `bulk-row${problem ? " bad" : ""}`, data: { id: feature.id } }, el("b", { class: "cut", text: titleOf(this.layer, feature) }),
      el("span", { class: "bulk-change" }, el("s", {}, said(feature.properties[this.field.id])), icon("arrow"), el("b", {}, said(this.entry?.value ?? null))),
      problem && el("span", { class: "hint bad" }, icon("warn"), ` ${why}`));
  }
}
