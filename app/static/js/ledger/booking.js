// Make one entry: what kind, of which account, how much; said beforehand what will be left, and what does not go.
import { ask, unanswered } from "../api.js";
import { add, button, el, fill, icon } from "../dom.js";
import { number, titleOf, words } from "../format.js";
import { Entry } from "../edit/entries.js";
import { refused, sectionHead } from "../panel.js";
import { symbolOf } from "../panels/rows.js";
import { state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { accountsOf, amount, marksOf, placesOf, signed } from "./book.js";

const HIDDEN = new Set(["adcode", "source", "source_date", "verified_at"]);
const CANDIDATES = 50; // lines of the same article elsewhere
const fresh = () => (crypto.randomUUID ? crypto.randomUUID() : String(Math.random()));

/** @typedef {import("../types").Layer} Layer @typedef {import("../types").Feature} Feature @typedef {import("../types").Field} Field */

export class Booking {
  /** @param {import("../panel.js").Panel} panel @param {Layer} book @param {Feature[]} accounts one, or several to choose from @param {string} kind @param {() => void} back what was shown before */
  constructor(panel, book, accounts, kind, back) {
    this.panel = panel;
    this.book = book;
    this.ledger = /** @type {import("../types").Ledger} */ (book.ledger);
    this.layer = /** @type {Layer} */ (state.layers.get(String(accountsOf(book))));
    this.accounts = accounts;
    /** @type {Feature | undefined} */
    this.account = accounts.length === 1 ? accounts[0] : undefined;
    this.kind = kind;
    this.back = back;
    this.key = fresh();
    this.sent = false;
    /** @type {Entry[]} */
    this.entries = [];
    this.open();
  }

  /** @param {string} id */
  field(id) {
    return /** @type {Field} */ (this.book.fields.find((one) => one.id === id));
  }

  get effect() {
    return this.ledger.effects[this.kind];
  }

  get kindWords() {
    return words(this.field(this.ledger.kind), this.kind) || "";
  }

  open() {
    const { panel, layer, account } = this;
    this.opened = panel.open({ kind: "booking", picture: symbolOf(layer, account?.properties || {}), title: account ? titleOf(layer, account) : say(this.book.label), meta: t("book.title", { kind: this.kindWords, book: say(this.book.label) }) });
    this.top = el("div");
    this.stand = el("div");
    const kinds = this.field(this.ledger.kind).choices || [];
    const turn = el("div", { class: "tool-row" }, kinds.map((one) => {
      const made = button(say(one.label), () => { this.kind = String(one.value); this.turn(); }, { small: true });
      made.setAttribute("aria-pressed", String(one.value === this.kind));
      return made;
    }));
    this.form = el("div", { class: "book-form" });
    add(this.opened.body, this.top, el("section", { class: "section" }, turn, this.stand), el("section", { class: "section" }, sectionHead(this.kindWords), this.form));
    this.fields();
    this.refresh();
    this.entries.find((one) => one.value == null)?.focus();
  }

  /** Another kind: what was typed stays. */
  turn() {
    const typed = new Map(this.entries.map((one) => [one.field.id, one.value]));
    this.key = fresh();
    this.open();
    for (const one of this.entries) if (typed.get(one.field.id) != null && one.field.id !== this.ledger.counterpart) one.put(typed.get(one.field.id));
    this.refresh();
  }

  fields() {
    const { book, ledger, accounts, layer } = this;
    const own = new Set([ledger.account, ledger.counterpart, ledger.kind, ledger.quantity, ledger.number, ledger.change, ledger.after, ledger.other_number, ledger.other_after, ledger.counted_in, book.key, ...HIDDEN]);
    const unit = String(this.account?.properties[ledger.unit] || "");
    const changed = (/** @type {Entry} */ entry) => this.typed(entry);
    const choices = accounts.map((one) => ({ value: one.id, label: plain([titleOf(layer, one), amount(ledger, one.properties[ledger.balance], one.properties)].join(" · ")) }));
    const among = accounts.length > 1 && new Entry({ ...this.field(ledger.account), choices }, null, this.account?.id || null, changed);
    const quantity = new Entry({ ...this.field(ledger.quantity), label: plain(t(this.effect === "set" ? "book.found" : "book.quantity")), description: null, required: true, unit }, null, null, changed);
    const counterpart = this.effect === "move" && new Entry({ ...this.field(ledger.counterpart), required: true, choices: [{ value: "", label: plain("") }] }, null, null, changed);
    const rest = book.fields.filter((field) => !own.has(field.id)).map((field) => new Entry(field.id === ledger.at ? { ...field, description: plain(t("book.now")) } : field, null, null, changed));
    this.entries = [among, quantity, counterpart, ...rest].filter((one) => one !== false);
    for (const one of [among, counterpart]) if (one) one.control.options[0].textContent = t("book.choose");
    fill(this.form, this.entries.map((one) => one.row));
    if (counterpart) this.candidates(counterpart);
  }

  /** @param {string} id */
  entry(id) {
    return this.entries.find((one) => one.field.id === id);
  }

  /** @param {Entry} entry */
  typed(entry) {
    this.key = fresh(); // another content is another request
    if (entry.field.id === this.ledger.account) {
      this.account = this.accounts.find((one) => one.id === entry.value);
      return this.turn();
    }
    return this.refresh();
  }

  /** Lines that may receive: of the same article in the same unit. @param {Entry} entry */
  async candidates(entry) {
    const { layer, ledger, account, opened } = this;
    const alone = (/** @type {string} */ text) => entry.say(text, false);
    if (!account) return alone(t("book.accountFirst"));
    const alike = ledger.alike.map((id) => (account.properties[id] == null ? `"${id}" IS NULL` : `"${id}" = '${String(account.properties[id]).replace(/'/g, "''")}'`)).join(" AND ");
    try {
      const { features } = await ask(`layers/${layer.id}/features?filter=${encodeURIComponent(alike)}&limit=${CANDIDATES}`);
      const others = features.filter((/** @type {Feature} */ one) => one.id !== account.id);
      const places = await placesOf(layer, others.map((/** @type {Feature} */ one) => one.id), others);
      if (!opened?.current()) return undefined;
      const choices = others.map((/** @type {Feature} */ one) => ({ value: one.id, label: plain([places.get(one.id), amount(ledger, one.properties[ledger.balance], one.properties)].join(" · ")) }));
      entry.field = { ...entry.field, choices };
      fill(entry.control, el("option", { value: "", text: t("book.choose") }), choices.map((/** @type {any} */ one) => el("option", { value: one.value, text: one.label.zh })));
      if (!others.length) alone(t("book.nobody"));
    } catch (error) {
      alone(/** @type {Error} */ (error).message);
    }
    return undefined;
  }

  /** Say what there is and what will be left; the button says what it does, or what is missing. */
  refresh() {
    const { account, ledger, layer, opened } = this;
    if (!opened) return;
    const stock = account?.properties[ledger.balance];
    fill(this.stand, account && standing(ledger, layer, account.properties));
    opened.acts(this.primary(stock), button(t("action.cancel"), () => this.back()));
    const quantity = this.entry(ledger.quantity);
    if (quantity && quantity.value == null && stock > 0 && ["take", "move"].includes(this.effect)) {
      quantity.say("", false);
      add(quantity.hint, el("button", { class: "link", type: "button", text: t("book.all", { amount: amount(ledger, stock, account?.properties || {}) }), on: { click: () => { quantity.put(stock); this.typed(quantity); } } }));
    }
  }

  /** @param {number | null | undefined} stock */
  primary(stock) {
    const { account, ledger, effect } = this;
    const asked = this.entry(ledger.quantity)?.value;
    const missing = this.entries.filter((one) => one.field.required && one.value == null).map((one) => say(one.field.label));
    if (!account || missing.length) return blocked(t("form.missing", { fields: (missing.length ? missing : [say(this.field(ledger.account).label)]).join(t("list.comma")) }));
    if (typeof asked !== "number" || asked < 0 || (asked === 0 && effect !== "set")) return blocked(t("book.above"));
    if (effect === "take" || effect === "move") {
      if (stock == null) return blocked(t("book.countFirst"));
      if (asked > stock) return blocked(t("book.notEnough", { stock: amount(ledger, stock, account.properties), asked: number(asked) }));
    }
    const left = effect === "set" ? asked : stock == null ? null : Number((effect === "add" ? stock + asked : stock - asked).toPrecision(15));
    const what = effect === "set" ? t("book.sets", { kind: this.kindWords, left: number(asked), change: stock == null ? t("book.wasUnknown") : signed(Number((asked - stock).toPrecision(15))) })
      : t("book.does", { kind: this.kindWords, amount: amount(ledger, asked, account.properties), left: left == null ? t("unknown") : number(left) });
    return button(what, () => this.save(), { primary: true, wide: true });
  }

  async save() {
    const { book, ledger, account, layer } = this;
    if (this.sent) return; // pressed twice: the first is on its way
    this.sent = true;
    const given = this.entries.filter((one) => one.value != null && one.field.id !== ledger.account).map((one) => [one.field.id, one.value]);
    const properties = { ...Object.fromEntries(given), [ledger.account]: account?.id, [ledger.kind]: this.kind };
    try {
      const made = await ask(`layers/${book.id}/features`, { body: { type: "Feature", geometry: null, properties }, key: this.key });
      const after = made.properties[ledger.after];
      toast(t("book.done", { kind: this.kindWords, name: account ? titleOf(layer, account) : "", left: amount(ledger, after, account?.properties || {}) }));
      this.back();
    } catch (error) {
      this.failed(/** @type {any} */ (error));
    } finally {
      this.sent = false;
    }
  }

  /** @param {any} error */
  failed(error) {
    const left = [];
    for (const one of error.errors || []) {
      const entry = this.entries.find((each) => one.pointer?.endsWith(`/${each.field.id}`));
      if (entry) entry.say([one.message, one.remedy].filter(Boolean).join(t("list.stop")));
      else left.push(one);
    }
    fill(this.top);
    if (unanswered(error)) add(this.top, el("section", { class: "section" }, el("div", { class: "note stale", role: "alert" }, el("b", {}, icon("warn"), ` ${t("book.offline")}`), el("p", { text: t("book.offlineAdvice") }))));
    else if (left.length || !(error.errors || []).length) add(this.top, refused(left.length ? { title: error.title, errors: left } : error));
    if (error.code?.startsWith("stock-")) this.again();
    this.entries.find((one) => one.box.classList.contains("bad"))?.focus();
  }

  /** Somebody else was quicker: show what there is now, beside what was refused. */
  async again() {
    const { layer, account, opened } = this;
    if (!account) return;
    try {
      const now = await ask(`layers/${layer.id}/features/${account.id}`);
      if (!opened?.current()) return;
      account.properties = now.properties;
      fill(this.stand, standing(this.ledger, layer, now.properties));
      opened.acts(this.primary(now.properties[this.ledger.balance]), button(t("action.cancel"), () => this.back()));
    } catch {
      return; // the refusal itself has the figure
    }
  }
}

/** What there is, and what is wrong with it. @param {import("../types").Ledger} ledger @param {Layer} layer @param {Record<string, any>} account */
const standing = (ledger, layer, account) => el("p", { class: "book-stand" }, account[ledger.balance] != null && [t("book.has"), el("b", { text: amount(ledger, account[ledger.balance], account) })], marksOf(layer, account));

/** Words that are a person's own, the same in every language. @param {string} text */
const plain = (text) => ({ zh: text, en: text });

/** @param {string} why */
const blocked = (why) => el("button", { class: "btn wide", type: "button", "aria-disabled": "true", title: why }, el("span", { class: "cut", text: why }));
