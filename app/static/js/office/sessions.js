// Sessions: one's own; for the security administrator everybody's, and the tokens of programs.
import { ask, query } from "../api.js";
import { hasRole } from "../config.js";
import { add, button, el, fill } from "../dom.js";
import { ago, moment } from "../format.js";
import { empty, refused, waiting } from "../panel.js";
import { toast } from "../toast.js";
import { t } from "../words.js";
import { list, pageHead, roleWord } from "./parts.js";
import { mayHaveTokens, ownTokens } from "./tokens.js";

/** @typedef {{id: string, account: string, opened_at: string, used_at: string, address: string, here: boolean}} Session */

/** @param {Element} main */
export async function sessionsPage(main) {
  const keeps = hasRole("security_admin");
  const account = new URLSearchParams(location.search).get("account");
  await part(main, t("session.own"), "/api/v1/me/sessions", false);
  if (mayHaveTokens()) add(main, pageHead(t("token.title")), ownTokens());
  if (!keeps) return;
  await part(main, account ? t("session.of", { name: account }) : t("session.all"), `/api/v1/sessions?${query({ account })}`, true, account && el("a", { href: "/sessions", text: t("session.all") }));
  await tokens(main);
}

/** @param {Element} main @param {string} title @param {string} address @param {boolean} all @param {any} [aside] */
async function part(main, title, address, all, aside) {
  const holder = el("div", {}, waiting());
  const count = el("span", { class: "meta" });
  add(main, pageHead(title, count, aside), holder);
  const columns = [...(all ? [{ label: t("account.name") }] : []), { label: t("session.address") }, { label: t("session.opened") }, { label: t("session.used") }, { label: "" }];
  await show();

  async function show() {
    try {
      /** @type {{sessions: Session[]}} */
      const { sessions } = await ask(address);
      count.textContent = t("session.count", { n: sessions.length });
      const rows = sessions.map((one) => ({ cells: [...(all ? [el("b", { text: one.account })] : []), one.address || "—", moment(one.opened_at), ago(one.used_at), last(one)] }));
      fill(holder, sessions.length ? list(title, columns, rows) : empty(t("session.none")));
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }

  /** @param {Session} one */
  function last(one) {
    const end = button(t("session.end"), () => ends(one), { small: true });
    end.setAttribute("aria-label", t("session.endOf", { name: one.account, address: one.address }));
    return el("td", { class: "act" }, one.here ? el("span", { class: "chip soft", text: t("session.here") }) : end);
  }

  /** @param {Session} one */
  async function ends(one) {
    try {
      await ask(all ? `/api/v1/sessions/${one.id}` : `/api/v1/me/sessions/${one.id}`, { method: "DELETE" });
      toast(t("session.ended", { name: one.account }));
      await show();
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }
}

/** @param {Element} main */
async function tokens(main) {
  const holder = el("div", {}, waiting());
  add(main, pageHead(t("token.title"), el("span", { class: "meta", text: t("token.made") })), holder);
  const columns = [{ label: t("token.name") }, { label: t("token.madeBy") }, { label: t("account.roles") }, { label: t("token.until") }, { label: t("session.used") }, { label: "" }];
  await show();

  async function show() {
    try {
      const found = await ask("/api/v1/tokens");
      const rows = found.tokens.map((/** @type {any} */ one) => {
        const ended = one.revoked_at || new Date(one.expires_at).getTime() < Date.now();
        const end = button(t("token.revoke"), () => revoke(one.name), { small: true });
        end.setAttribute("aria-label", t("token.revokeOf", { name: one.name }));
        return { cells: [el("b", { text: one.name }), one.created_by.startsWith("account:") ? one.created_by.slice("account:".length) : t("token.byServer"), one.roles.map((/** @type {string} */ role) => el("span", { class: "chip soft", text: roleWord(role) })), moment(one.expires_at), one.used_at ? ago(one.used_at) : "—",
          el("td", { class: "act" }, ended ? el("span", { class: "unknown", text: t(one.revoked_at ? "token.revoked" : "token.expired") }) : end)] };
      });
      fill(holder, rows.length ? list(t("token.title"), columns, rows) : empty(t("token.none")));
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }

  /** @param {string} name */
  async function revoke(name) {
    try {
      await ask(`/api/v1/tokens/${encodeURIComponent(name)}`, { method: "DELETE" });
      toast(t("token.revokedNow", { name }));
      await show();
    } catch (error) {
      fill(holder, refused(error, show));
    }
  }
}
