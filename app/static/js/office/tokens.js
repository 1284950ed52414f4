// One's own tokens for programs: made here and told once, seen with their last use, revoked.
import { ask } from "../api.js";
import { config } from "../config.js";
import { button, el, fill } from "../dom.js";
import { ago, moment } from "../format.js";
import { empty, refused, sectionHead, waiting } from "../panel.js";
import { toast } from "../toast.js";
import { t } from "../words.js";
import { field, list, roleWord } from "./parts.js";

const OWN = "/api/v1/me/tokens";
const ADMINISTRATORS = new Set(["system_admin", "security_admin", "audit_admin"]);
const DAYS = [30, 90, 365];

/** What one may let a program do: only look on, or what one may oneself. */
const roles = () => [...new Set(["viewer", ...config.user.roles])].filter((one) => !ADMINISTRATORS.has(one));
export const mayHaveTokens = () => config.user.roles.some((one) => !ADMINISTRATORS.has(one));

/** @returns {HTMLElement} */
export function ownTokens() {
  const told = el("div", { role: "status" });
  const said = el("div");
  const holder = el("div", {}, waiting());
  const name = field("token-name", t("token.name"), { maxlength: "40", placeholder: t("token.nameHint") });
  const role = el("select", { id: "token-role" }, roles().map((one) => el("option", { value: one, text: one === "viewer" ? t("token.readOnly") : roleWord(one) })));
  const days = el("select", { id: "token-days" }, DAYS.map((one) => el("option", { value: String(one), text: t("token.days", { n: one }) })));
  days.value = "90";
  const choice = (/** @type {string} */ id, /** @type {string} */ label, /** @type {any} */ select) => el("div", { class: "field" }, el("label", { for: id, text: label }), el("div", { class: "input" }, select));
  name.input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") make(); });

  async function make() {
    const label = name.input.value.trim();
    if (!label) return name.input.focus();
    fill(said);
    try {
      const made = await ask(OWN, { body: { name: label, roles: [role.value], days: Number(days.value) } });
      name.input.value = "";
      tell(made);
      await show();
    } catch (error) {
      fill(said, refused(error));
    }
    return undefined;
  }

  /** The only time that it is seen. @param {{name: string, token: string}} made */
  function tell(made) {
    const secret = el("output", { class: "secret wrap", tabindex: "0", text: made.token });
    fill(told, el("div", { class: "note" }, el("b", { text: t("token.madeNow", { name: made.name }) }), t("token.once"), secret,
      el("div", { class: "acts" }, button(t("action.copy"), async () => { await navigator.clipboard.writeText(made.token).then(() => toast(t("account.copied"), { icon: "copy" })).catch(() => getSelection()?.selectAllChildren(secret)); }, { small: true, icon: "copy" }), button(t("token.noted"), () => fill(told), { small: true }))));
    secret.focus();
  }

  async function show() {
    try {
      const { tokens } = await ask(OWN);
      const columns = [{ label: t("token.name") }, { label: t("account.roles"), wide: true }, { label: t("token.madeAt"), wide: true }, { label: t("session.used") }, { label: t("token.until") }, { label: "" }];
      const rows = tokens.map((/** @type {any} */ one) => {
        const ended = one.revoked_at || new Date(one.expires_at).getTime() < Date.now();
        const end = button(t("token.revoke"), () => revoke(one.name), { small: true });
        end.setAttribute("aria-label", t("token.revokeOf", { name: one.name }));
        return { cells: [el("b", { text: one.name }), one.roles.map((/** @type {string} */ each) => el("span", { class: "chip soft", text: roleWord(each) })), moment(one.created_at), one.used_at ? ago(one.used_at) : t("token.unused"), moment(one.expires_at),
          el("td", { class: "act" }, ended ? el("span", { class: "unknown", text: t(one.revoked_at ? "token.revoked" : "token.expired") }) : end)] };
      });
      fill(holder, rows.length ? list(t("token.own"), columns, rows) : empty(t("token.none")));
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }

  /** @param {string} which */
  async function revoke(which) {
    try {
      await ask(`${OWN}/${encodeURIComponent(which)}`, { method: "DELETE" });
      toast(t("token.revokedNow", { name: which }));
      await show();
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }

  show();
  return el("section", { class: "own-tokens", "aria-label": t("token.own") }, sectionHead(t("token.new"), t("token.rule")), el("div", { class: "token-form" }, name.row, choice("token-role", t("token.may"), role), choice("token-days", t("token.lasts"), days), button(t("token.make"), make, { primary: true })), said, told, sectionHead(t("token.own")), holder);
}

/** On the page that says how programs connect, where it says that one needs a token. @param {Element} main */
export function tokensInHelp(main) {
  const heading = main.querySelector(".guide h2:nth-of-type(1)");
  if (!heading || !mayHaveTokens()) return;
  let last = heading;
  while (last.nextElementSibling && last.nextElementSibling.tagName !== "H2") last = last.nextElementSibling;
  last.after(ownTokens());
}
