// Where the keyboard is: kept while a panel is drawn anew, given back when it closes, walked along rows by arrows.

/** What stands for the same control after a part of the page was made anew. @param {Element} one */
const likeness = (one) => [one.tagName, one.id, one.getAttribute("role"), /** @type {HTMLElement} */ (one).dataset.feature, one.getAttribute("aria-label") || (one instanceof HTMLSelectElement ? "" : one.querySelector(".what b, .nm b, .cut")?.textContent || one.firstChild?.textContent)].join("|");

/** The focused control of a part, to be called before it is made anew; what comes back, called after, focuses its like or else the fallback.
 * @param {Element} part @returns {(fallback: () => HTMLElement | null) => void} */
export function holdFocus(part) {
  const held = document.activeElement;
  if (!held || !part.contains(held)) return () => undefined;
  const wanted = likeness(held);
  return (fallback) => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const all = [.../** @type {NodeListOf<HTMLElement>} */ (part.querySelectorAll("button, input, select, textarea, a[href], [tabindex]"))];
    (all.find((one) => likeness(one) === wanted) || fallback())?.focus({ preventScroll: true });
  };
}

/** Whether the keyboard is nowhere: what had it is gone. */
export const focusLost = () => !document.activeElement || document.activeElement === document.body;

/** Up and down among the rows of a list, from its heading into it. @param {KeyboardEvent} event @param {Element} list @param {string} rows */
export function walkRows(event, list, rows) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || event.altKey || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLElement) || !(event.target.matches(rows) || event.target.matches("h2"))) return;
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(rows)].filter((one) => /** @type {HTMLElement} */ (one).offsetParent));
  const next = all[all.indexOf(event.target) + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
