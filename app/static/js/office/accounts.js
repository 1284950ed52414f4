// Accounts: the system administrator makes them, the security administrator gives them roles and locks them.
import { ask, query } from "../api.js";
import { config, hasRole } from "../config.js";
import { add, button, el, fill } from "../dom.js";
import { moment } from "../format.js";
import { refused, section, sectionHead, waiting } from "../panel.js";
import { toast } from "../toast.js";
import { t } from "../words.js";
import { exactly, field, list, openAside, pageHead, reasonField, roleWord } from "./parts.js";

/** @typedef {{name: string, display: string, roles: string[], demo: boolean, created_at: string, disabled_at: string | null, password_set_at: string | null, password?: string}} Account */

const ROLES = ["viewer", "duty_officer", "planner", "gis_staff", "drill_controller", "system_admin", "security_admin", "audit_admin"];
const ALONE = new Set(["system_admin", "security_admin", "audit_admin"]);

/** @param {Element} main @param {HTMLElement} right */
export async function accountsPage(main, right) {
  const makes = hasRole("system_admin");
  const holder = el("div", {}, waiting());
  const count = el("span", { class: "meta" });
  add(main, pageHead(t("office.accounts"), count, el("span", { class: "push" }), makes && button(t("account.make"), () => makeAside(right, show), { primary: true, icon: "plus" })), el("p", { class: "aside-note meta", text: t(makes ? "account.systemRule" : "account.securityRule") }), holder);
  await show();

  async function show() {
    try {
      const { accounts } = await ask("/api/v1/accounts");
      count.textContent = t("account.count", { n: accounts.length });
      fill(holder, table(accounts));
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }

  /** @param {Account[]} accounts */
  function table(accounts) {
    const columns = [{ label: t("account.name") }, { label: t("account.display") }, { label: t("account.roles") }, { label: t("account.state") }, { label: t("account.passwordSet"), wide: true }, { label: t("account.made"), wide: true }];
    return list(t("office.accounts"), columns, accounts.map((one) => ({
      cells: [el("b", { text: one.name }), one.display, rolesOf(one), stateOf(one), one.password_set_at ? moment(one.password_set_at) : el("span", { class: "chip", text: t("account.toChange") }), moment(one.created_at)],
      open: (row) => (makes ? passwordAside(right, one, row) : rolesAside(right, one, row, show)),
    })));
  }
}

/** @param {Account} one */
const rolesOf = (one) => (one.roles.length ? one.roles.map((role) => el("span", { class: "chip soft", text: roleWord(role) })) : el("span", { class: "unknown", text: t("account.noRole") }));

/** @param {Account} one */
const stateOf = (one) => (one.disabled_at ? el("span", { class: "chip bad", text: t("account.locked") }) : one.demo ? t("account.demo") : t("account.open"));

/** @param {Account} one */
const metaOf = (one) => [one.display, " · ", t("account.madeAt", { when: exactly(one.created_at) })];

/** @param {HTMLElement} right @param {() => void} done */
function makeAside(right, done) {
  const aside = openAside(right, t("account.make"), t("account.makeMeta"));
  const name = field("account-name", t("account.name"), { maxlength: "64", required: true });
  const display = field("account-display", t("account.display"), { maxlength: "60" });
  const said = el("div");
  const go = async () => {
    try {
      const made = await ask("/api/v1/accounts", { body: { name: name.input.value.trim(), display: display.input.value.trim() } });
      tellPassword(aside, made.name, made.password, t("account.nextRoles"));
      done();
    } catch (error) {
      fill(said, refused(error));
    }
  };
  section(aside.body, el("form", { id: "make", on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); go(); } } }, name.row, display.row));
  add(aside.body, said);
  aside.acts(el("button", { class: "btn primary wide", type: "submit", form: "make", text: t("account.make") }));
  name.input.focus();
}

/** @param {ReturnType<typeof openAside>} aside @param {string} name @param {string} password @param {string} next */
function tellPassword(aside, name, password, next) {
  fill(aside.body, el("section", { class: "section", role: "status" }, sectionHead(t("account.passwordOf", { name })), el("p", { class: "secret", text: password }), el("p", { class: "basis", text: t("account.passwordOnce") }), el("p", { class: "basis", text: next })));
  aside.acts(button(t("action.copy"), () => { navigator.clipboard?.writeText(password).then(() => toast(t("account.copied"))); }, { wide: true, icon: "copy" }));
}

/** The system administrator's view of one account. @param {HTMLElement} right @param {Account} one @param {HTMLElement} row */
function passwordAside(right, one, row) {
  const aside = openAside(right, one.name, metaOf(one), { from: row });
  section(aside.body, el("dl", { class: "facts" }, el("dt", { text: t("account.roles") }), el("dd", {}, rolesOf(one)), el("dt", { text: t("account.state") }), el("dd", {}, stateOf(one))), el("p", { class: "basis", text: t("account.rolesBy") }));
  if (one.roles.some((role) => ALONE.has(role))) {
    section(aside.body, el("div", { class: "note", text: t("account.adminPassword") }));
    return;
  }
  const said = el("div");
  add(aside.body, said);
  aside.acts(button(t("account.reset"), async () => {
    try {
      const made = await ask(`/api/v1/accounts/${encodeURIComponent(one.name)}/password`, { method: "POST" });
      tellPassword(aside, one.name, made.password, t("account.sessionsEnded"));
    } catch (error) {
      fill(said, refused(error));
    }
  }, { wide: true }));
}

/** The security administrator's view of one account. @param {HTMLElement} right @param {Account} one @param {HTMLElement} row @param {() => void} done */
function rolesAside(right, one, row, done) {
  const aside = openAside(right, one.name, metaOf(one), { from: row });
  if (one.name === config.user.name) {
    section(aside.body, el("div", { class: "note", text: t("account.own") }));
    return;
  }
  const ticks = ROLES.map((role) => ({ role, box: el("input", { type: "checkbox", class: "tick", checked: one.roles.includes(role), on: { change: () => settle(role) } }) }));
  const reason = reasonField();
  const said = el("div");
  const chosen = () => ticks.filter((each) => each.box.checked).map((each) => each.role);
  /** An administrator's role stands alone: choosing it lets the others go, and the other way round. @param {string} role */
  const settle = (role) => {
    const on = ticks.find((each) => each.role === role)?.box.checked;
    if (on) for (const each of ticks) if (each.role !== role && (ALONE.has(role) || ALONE.has(each.role))) each.box.checked = false;
    acts();
  };
  /** @param {string} path @param {any} how @param {string} words */
  const send = async (path, how, words) => {
    try {
      await ask(`/api/v1/accounts/${encodeURIComponent(one.name)}/${path}`, how);
      toast(words);
      aside.close();
      done();
    } catch (error) {
      fill(said, refused(error));
    }
  };
  const why = () => reason.input.value.trim() || null;
  const acts = () => {
    const now = chosen();
    const same = now.length === one.roles.length && now.every((role) => one.roles.includes(role));
    const save = same || !now.length ? el("button", { class: "btn wide", type: "button", "aria-disabled": "true", text: t(same ? "account.sameRoles" : "account.needsRole") })
      : button(t("account.give"), () => send("roles", { method: "PUT", body: { roles: now, reason: why() } }, t("account.given", { name: one.name })), { primary: true, wide: true });
    const lock = one.disabled_at ? button(t("account.unlock"), () => send("unlock", { body: { reason: why() } }, t("account.unlocked", { name: one.name })))
      : button(t("account.lock"), () => send("lock", { body: { reason: why() } }, t("account.lockedNow", { name: one.name })));
    aside.acts(save, lock);
  };
  section(aside.body, el("fieldset", { class: "ticks" }, el("legend", { class: "heard", text: t("account.roles") }), ticks.map(({ role, box }) => el("label", {}, box, roleWord(role), ALONE.has(role) && el("span", { class: "meta-3", text: t("account.alone") })))));
  section(aside.body, reason.row, el("p", { class: "basis", text: t("account.endsSessions") }), el("p", {}, el("a", { href: `/sessions?${query({ account: one.name })}`, text: t("account.seeSessions") })));
  add(aside.body, said);
  acts();
}
