// The audit: searched, a row opened with all that is in it, the chains verified.
import { ask, query } from "../api.js";
import { add, button, el, fill, icon } from "../dom.js";
import { number } from "../format.js";
import { empty, refused, section, sectionHead, waiting } from "../panel.js";
import { t } from "../words.js";
import { exactly, list, listRow, openAside, pageHead, roleWord } from "./parts.js";

/** @typedef {{at: string, who: string, roles: string, address: string, via: string, space: string, action: string, object: string, reason: string | null, outcome: string, detail: Record<string, any>, chain: string, sequence: number}} Entry */

const PAGE = 100;
const KINDS = ["feature", "layer", "load", "export", "reveal", "drill", "session", "account", "token", "settings", "server", "table", "audit"];
const COLUMNS = [{ label: "audit.at" }, { label: "audit.who" }, { label: "audit.address", wide: true }, { label: "audit.space", wide: true }, { label: "audit.action" }, { label: "audit.object" }, { label: "audit.reason" }];

/** @param {Element} main @param {HTMLElement} right */
export async function auditPage(main, right) {
  const columns = COLUMNS.map((one) => ({ ...one, label: t(/** @type {any} */ (one.label)) }));
  const fields = filters(() => show());
  const holder = el("div", {}, waiting());
  const download = el("a", { class: "btn", text: t("audit.csv"), download: "audit.csv" });
  add(main, pageHead(t("office.audit"), el("span", { class: "push" }), download), chain(), fields.form, holder);
  await show();

  async function show() {
    const asked = fields.asked();
    download.href = `/api/v1/audit?${query({ ...asked, format: "csv", limit: 1000 })}`;
    try {
      const found = await ask(`/api/v1/audit?${query({ ...asked, limit: PAGE })}`);
      if (!found.entries.length) {
        fill(holder, empty(t("audit.none"), t("audit.noneAdvice")));
        return;
      }
      const table = list(t("office.audit"), columns, found.entries.map(row));
      fill(holder, table, more(table, asked, found.next));
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }

  /** @param {HTMLElement} table @param {Record<string, any>} asked @param {string | null} next */
  function more(table, asked, next) {
    const count = el("span", { class: "meta", text: t("audit.shown", { n: table.querySelectorAll("tbody tr").length }) });
    const foot = el("div", { class: "more" }, next && button(t("audit.more"), async () => {
      let found;
      try {
        found = await ask(`/api/v1/audit?${query({ ...asked, limit: PAGE, cursor: next })}`);
      } catch (error) {
        foot.querySelector(".bad")?.remove();
        add(foot, el("span", { class: "hint bad", role: "alert", text: /** @type {Error} */ (error).message }));
        return; // the button stays, to be pressed again
      }
      add(/** @type {Element} */ (table.querySelector("tbody")), found.entries.map((/** @type {Entry} */ one) => listRow(row(one), columns)));
      foot.replaceWith(more(table, asked, found.next));
    }, { small: true }), count);
    return foot;
  }

  /** @param {Entry} one */
  function row(one) {
    const done = one.outcome === "done" ? null : el("span", { class: "chip bad", text: outcome(one) });
    return {
      cells: [el("td", { class: "still", text: exactly(one.at) }), el("b", { text: one.who }), one.address || "—", one.space === "live" ? t("space.live") : one.space || "—", [word(one.action), " ", done],
        el("td", { class: "cut wide-cell", title: one.object, text: one.object }), el("td", { class: "cut wide-cell", title: one.reason, text: one.reason || "" })],
      open: (/** @type {HTMLElement} */ from) => entryAside(right, one, from),
    };
  }
}

/** @param {string} action */
const word = (action) => t(/** @type {any} */ (`act.${action.replace(".", "_")}`));

/** @param {Entry} one */
const outcome = (one) => t(one.outcome === "done" ? "audit.done" : one.outcome === "broken" ? "audit.broken" : "audit.refused");

/** @param {() => void} changed */
function filters(changed) {
  const box = (/** @type {string} */ name, /** @type {any} */ given, /** @type {string} */ kind) => {
    const input = el("input", { id: `audit-${name}`, autocomplete: "off", ...given });
    return { name, input, label: el("label", { class: kind }, t(/** @type {any} */ (`audit.${name}`)), el("span", { class: "input" }, input)) };
  };
  const kind = el("select", { id: "audit-action" }, el("option", { value: "", text: t("audit.any") }), KINDS.map((one) => el("option", { value: one, text: t(/** @type {any} */ (`act.${one}`)) })));
  const boxes = [box("who", { maxlength: "100" }, "grow"), box("object", { maxlength: "200" }, "grow"), box("text", { maxlength: "100" }, "grow"), box("since", { type: "datetime-local" }, ""), box("until", { type: "datetime-local" }, "")];
  const form = el("form", { class: "filters", role: "search", on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); changed(); } } },
    boxes[0].label, el("label", {}, t("audit.action"), el("span", { class: "input" }, kind)), boxes.slice(1).map((one) => one.label), el("button", { class: "btn primary", type: "submit" }, icon("search"), t("audit.search")));
  kind.addEventListener("change", changed);
  return {
    form,
    asked: () => ({
      action: kind.value,
      ...Object.fromEntries(boxes.map(({ name, input }) => [name, input.type === "datetime-local" && input.value ? new Date(input.value).toISOString() : input.value.trim()])),
    }),
  };
}

/** Whether the chains are whole, asked when one wants to know. */
function chain() {
  const strip = el("div", { class: "note chain", role: "status" });
  const check = async () => {
    fill(strip, icon("clock"), t("chain.working"));
    try {
      const found = await ask("/api/v1/audit/verification", { method: "POST" });
      strip.className = `note chain${found.whole ? "" : " bad"}`;
      fill(strip, icon(found.whole ? "check" : "warn"), el("span", {}, el("b", { text: t(found.whole ? "chain.whole" : "chain.broken", { n: number(found.flawed) }) }), " ",
        t("chain.of", { rows: number(found.rows), chains: found.chains, anchors: number(found.anchored), since: found.oldest ? exactly(found.oldest) : "—" }),
        found.anchors_whole ? "" : ` ${t("chain.anchors")}`,
        found.flaws.slice(0, 5).map((/** @type {any} */ one) => el("div", { text: t(/** @type {any} */ (`flaw.${one.kind}`), { chain: one.chain, n: one.sequence }) }))), el("span", { class: "push" }, again()));
    } catch (error) {
      strip.className = "note chain bad";
      fill(strip, icon("warn"), /** @type {Error} */ (error).message, el("span", { class: "push" }, again()));
    }
  };
  const again = () => button(t("chain.check"), check, { small: true });
  fill(strip, icon("stop"), t("chain.unknown"), el("span", { class: "push" }, again()));
  return strip;
}

/** @param {HTMLElement} right @param {Entry} one @param {HTMLElement} from */
function entryAside(right, one, from) {
  const aside = openAside(right, word(one.action), exactly(one.at), { from });
  const facts = [["audit.who", one.who], ["audit.roles", one.roles.split(",").filter(Boolean).map(roleWord).join(t("list.comma"))], ["audit.address", one.address], ["audit.via", one.via], ["audit.space", one.space], ["audit.object", one.object], ["audit.reason", one.reason], ["audit.outcome", outcome(one)]];
  section(aside.body, el("dl", { class: "facts" }, facts.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", { text: t(/** @type {any} */ (name)) }), el("dd", { text: value })])));
  const detail = Object.entries(one.detail);
  if (detail.length) section(aside.body, sectionHead(t("audit.detail")), el("dl", { class: "facts small" }, detail.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { class: "code", text: typeof value === "string" ? value : JSON.stringify(value) })])));
  section(aside.body, el("p", { class: "basis", text: t("audit.place", { chain: one.chain, n: one.sequence }) }));
}
