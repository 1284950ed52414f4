// A colleague saved first: what only they changed is taken over, what both changed is asked about, nothing is lost.
import { add, button, el } from "../dom.js";
import { moment, words } from "../format.js";
import { say, t } from "../words.js";

/** @typedef {{name: string, words: string, mine: string, theirs: string, take: (mine: boolean) => void}} Question */

/** Put a draft upon what is stored now.
 * @param {import("./draft.js").Draft} draft @param {import("../types").Layer} layer @param {import("../types").Feature} theirs
 * @returns {{taken: string[], asked: Question[]}} the fields taken over, and what is left to decide */
export function meet(draft, layer, theirs) {
  const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  const [was, mine] = [draft.was, { ...draft.now }];
  const moved = !same(theirs.geometry, was.geometry);
  const bothMoved = moved && draft.moved && !same(theirs.geometry, mine.geometry);
  const taken = [];
  const both = [];
  for (const field of layer.fields) {
    const now = theirs.properties[field.id] ?? null;
    if (same(now, was.properties[field.id])) continue;
    if (field.id in mine.properties && !same(mine.properties[field.id], now)) both.push(field);
    else taken.push(say(field.label));
  }
  if (moved && !bothMoved) taken.push(t("edit.position"));
  draft.rebase(theirs, draft.moved && !(moved && !bothMoved));
  const asked = both.map((field) => ({
    name: field.id, words: say(field.label), mine: words(field, mine.properties[field.id]) ?? t("unknown"), theirs: words(field, theirs.properties[field.id]) ?? t("unknown"),
    take: (/** @type {boolean} */ own) => { if (!own) draft.set(field.id, theirs.properties[field.id] ?? null); },
  }));
  if (bothMoved) asked.push({ name: "geometry", words: t("edit.position"), mine: t("edit.position"), theirs: t("edit.position"), take: (own) => { if (!own) draft.reshape(theirs.geometry); } });
  return { taken, asked };
}

/** One note: who it was, what merged by itself, what is left to decide.
 * @param {import("../types").Feature} theirs @param {string[]} taken @param {Question[]} asked @param {(question: Question, mine: boolean) => void} decide */
export function meetingNote(theirs, taken, asked, decide) {
  const { updated_by: by, updated_at: at } = theirs.properties;
  const note = el("div", { class: "note meeting", role: "alert" }, el("b", { text: t("form.alsoBy", { by: by || "—", when: at ? moment(at) : "" }) }));
  if (taken.length) add(note, el("p", { text: t("form.taken", { fields: taken.join(t("list.comma")) }) }));
  if (!taken.length && !asked.length) add(note, el("p", { text: t("form.sameAgain") }));
  for (const one of asked) add(note, el("p", { text: t("form.both", { field: one.words }) }), el("div", { class: "acts" },
    button(t("form.mine", { value: one.mine }), () => decide(one, true), { small: true, primary: true }), button(t("form.theirs", { value: one.theirs }), () => decide(one, false), { small: true })));
  return note;
}
