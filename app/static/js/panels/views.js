// Saved views: the present map kept under a name, opened again, shared, or sent as a link.
import { ask } from "../api.js";
import { hasRole, symbolUrl } from "../config.js";
import { add, button, el, icon, iconButton } from "../dom.js";
import { moment } from "../format.js";
import { arrange, arrangement, packed, unpacked } from "../looks.js";
import { empty, refused, sectionHead, waiting } from "../panel.js";
import { toast } from "../toast.js";
import { t } from "../words.js";

const SHARED = "#v=";
const root = () => location.pathname.replace(/[^/]*$/, "");

/** @param {import("../panel.js").Panel} panel @param {import("../map/view.js").MapView} view */
export async function viewsPanel(panel, view) {
  const head = { kind: "views", picture: symbolUrl("point", "plot"), title: t("views.title"), meta: t("views.meta") };
  const first = panel.open(head);
  add(first.body, waiting());
  let views;
  try {
    ({ views } = await ask("/api/v1/views"));
  } catch (error) {
    if (first.current()) add(panel.open(head).body, refused(error, () => viewsPanel(panel, view)));
    return;
  }
  if (!first.current()) return;
  const { body } = panel.open(head);
  const again = () => viewsPanel(panel, view);
  add(body, saveForm(view, again));
  if (!views.length) add(body, empty(t("views.none"), t("views.noneAdvice")));
  for (const one of views) add(body, row(one, view, again));
}

/** @param {import("../map/view.js").MapView} view @param {() => void} again */
function saveForm(view, again) {
  const said = el("div");
  const name = el("input", { id: "view-name", maxlength: "60", placeholder: t("views.nameHint"), on: { keydown: (/** @type {KeyboardEvent} */ event) => { if (event.key !== "Escape") event.stopPropagation(); if (event.key === "Enter") save(); } } });
  const shared = el("input", { class: "tick", type: "checkbox", id: "view-shared" });
  const save = async () => {
    if (!name.value.trim()) return name.focus();
    try {
      await ask("/api/v1/views", { body: { name: name.value.trim(), shared: shared.checked, arrangement: arrangement(view) } });
      toast(t("views.saved"));
      again();
    } catch (error) {
      said.replaceChildren(refused(error));
    }
  };
  const link = () => send(`${location.origin}${root()}${SHARED}${packed(arrangement(view))}`);
  return el("section", { class: "section" }, sectionHead(t("views.now"), t("views.keeps")),
    el("div", { class: "field" }, el("label", { for: "view-name", text: t("views.name") }), el("div", { class: "input" }, name)),
    hasRole("planner", "duty_officer") && el("div", { class: "field" }, el("label", { for: "view-shared", text: t("views.share") }), shared),
    el("div", { class: "tool-row" }, button(t("views.save"), save, { primary: true, small: true }), button(t("views.linkNow"), link, { small: true, icon: "copy" })), said);
}

/** @param {any} one @param {import("../map/view.js").MapView} view @param {() => void} again */
function row(one, view, again) {
  const said = el("div");
  const act = (/** @type {any} */ how, /** @type {string} */ done) => async () => {
    try {
      await ask(`/api/v1/views/${one.id}`, how());
      toast(done);
      again();
    } catch (error) {
      said.replaceChildren(refused(error));
    }
  };
  const remove = act(() => ({ method: "DELETE" }), t("views.deleted"));
  const renew = act(() => ({ method: "PUT", body: { name: one.name, shared: one.shared, arrangement: arrangement(view) } }), t("views.saved"));
  const sure = () => said.replaceChildren(el("div", { class: "note" }, el("b", { text: t("views.deleteSure", { name: one.name }) }), el("div", { class: "acts" }, button(t("action.yes"), remove, { small: true, primary: true }), button(t("action.cancel"), () => said.replaceChildren(), { small: true }))));
  const meta = [one.own ? null : one.owner, one.shared ? t("views.shared") : t("views.own"), moment(one.updated_at)].filter(Boolean).join(" · ");
  return el("div", { class: "view-row", data: { view: one.id } },
    el("button", { class: "row", type: "button", on: { click: () => open(one, view) } }, el("span", { class: "sy plain" }, icon("bookmark")), el("span", { class: "what" }, el("b", { text: one.name }), el("span", { class: "meta", text: meta })), el("span", { class: "how meta", text: t("views.open") })),
    el("div", { class: "view-acts" }, iconButton("copy", t("views.link", { name: one.name }), () => send(`${location.origin}${root()}?view=${one.id}`)), one.own && iconButton("redo", t("views.renew", { name: one.name }), renew), one.own && iconButton("close", t("views.delete", { name: one.name }), sure)), said);
}

/** Show a link where it can be copied by hand too. @param {string} address */
async function send(address) {
  try {
    await navigator.clipboard.writeText(address);
    toast(t("views.copied"), { icon: "copy", key: "view-link" });
  } catch {
    toast(address, { icon: "copy", key: "view-link" });
  }
}

/** @param {{name?: string, arrangement: import("../looks.js").Arrangement}} one @param {import("../map/view.js").MapView} view */
function open(one, view) {
  const before = arrangement(view);
  const missing = arrange(one.arrangement, view);
  toast(t("views.opened", { name: one.name || t("views.linked") }), { icon: "bookmark", key: "view", act: [t("views.back"), () => arrange(before, view)] });
  if (missing.length) toast(t("views.missing", { layers: missing.join(t("list.comma")) }), { icon: "warn", key: "view-missing" });
}

/** Open what the address names; the address is then plain, so that a reload keeps what one did since. @param {import("../map/view.js").MapView} view */
export async function openLinked(view) {
  const id = new URLSearchParams(location.search).get("view");
  const linked = location.hash.startsWith(SHARED) ? unpacked(location.hash.slice(SHARED.length)) : null;
  if (!id && !location.hash.startsWith(SHARED)) return;
  history.replaceState(null, "", root());
  if (linked) return open({ arrangement: linked }, view);
  if (!id) return toast(t("views.broken"), { icon: "warn" });
  try {
    open(await ask(`/api/v1/views/${encodeURIComponent(id)}`), view);
  } catch (error) {
    toast(/** @type {any} */ (error).message, { icon: "warn" });
  }
}
