// The pages beside the map: the bar with the pages one may see, and the page asked for.
import { bareBar } from "../bar.js";
import { hasRole } from "../config.js";
import { el } from "../dom.js";
import { toasts } from "../toast.js";
import { t } from "../words.js";
import { accountsPage } from "./accounts.js";
import { auditPage } from "./audit.js";
import { passwordPage } from "./password.js";
import { sessionsPage } from "./sessions.js";
import { tokensInHelp } from "./tokens.js";

/** @type {Record<string, (main: Element, right: HTMLElement) => Promise<void> | void>} */
const PAGES = { accounts: accountsPage, sessions: sessionsPage, audit: auditPage, password: passwordPage, help: (main) => { if (location.pathname === "/help/connect") tokensInHelp(main); } };

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const page = document.body.dataset.page || "";
document.documentElement.dataset.theme = localStorage.getItem("onemap-theme") || "day";

const link = (/** @type {string} */ name) => el("a", { href: `/${name}`, "aria-current": name === page ? "page" : null, text: t(/** @type {any} */ (`office.${name}`)) });
const pages = [hasRole("system_admin", "security_admin") && link("accounts"), link("sessions"), hasRole("audit_admin") && link("audit"), link("password"), link("help")];
bareBar(part("bar"), el("nav", { class: "pages", "aria-label": t("office.pages") }, pages));
toasts(document.body);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !part("right").hidden) /** @type {HTMLElement} */ (part("right").querySelector(".panel-head .icon-btn")).click();
});
document.body.dataset.pending = "0";
await PAGES[page](part("main"), part("right"));
document.body.dataset.ready = "1";
