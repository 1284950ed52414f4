// One's own password: changed at the first sign-in, when it is too old, or whenever one likes.
import { ask } from "../api.js";
import { config } from "../config.js";
import { add, el, fill } from "../dom.js";
import { refused } from "../panel.js";
import { t } from "../words.js";
import { field, pageHead } from "./parts.js";

/** @param {Element} main */
export function passwordPage(main) {
  const present = field("present", t("password.present"), { type: "password", autocomplete: "current-password", maxlength: "200", required: true });
  const fresh = field("new", t("password.new"), { type: "password", autocomplete: "new-password", maxlength: "200", required: true });
  const again = field("again", t("password.again"), { type: "password", autocomplete: "new-password", maxlength: "200", required: true });
  const said = el("div");
  const go = async () => {
    if (fresh.input.value !== again.input.value) {
      fill(said, refused({ title: t("password.differ") }));
      again.input.focus();
      return;
    }
    try {
      await ask("/api/v1/me/password", { body: { present: present.input.value, new: fresh.input.value } });
      location.assign("/login");
    } catch (error) {
      fill(said, refused(error));
    }
  };
  add(main, pageHead(t("office.password")),
    el("form", { class: "narrow", on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); go(); } } },
      config.user.roles.length ? null : el("div", { class: "note", role: "alert" }, el("b", { text: t("password.first") }), t("password.firstAdvice")),
      el("input", { type: "hidden", autocomplete: "username", value: config.user.name }), present.row, fresh.row, again.row,
      el("p", { class: "basis", text: t("password.rule", config.password) }), said, el("p", {}, el("button", { class: "btn primary", type: "submit", text: t("office.password") }))));
  present.input.focus();
}
