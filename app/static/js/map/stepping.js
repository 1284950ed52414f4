// The symbols of the map by keyboard: one stop of the tab key; arrows go to the next symbol or cluster on that side.

/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 2.5; // a symbol aside counts as that much farther than one straight ahead

/** @param {HTMLElement} box */
export function stepping(box) {
  box.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    const from = /** @type {HTMLElement} */ (event.target);
    if (!way || !from.dataset.name) return;
    event.preventDefault();
    event.stopPropagation();
    const next = nearest(box, from, way);
    if (next) stop(box, next).focus({ preventScroll: true });
  });
}

/** After a drawing: one symbol is the stop, the one that had the focus before, or what lies where it was.
 * @param {HTMLElement} box @param {{name: string | undefined, x: number, y: number} | null} before */
export function keepStop(box, before) {
  const all = /** @type {HTMLElement[]} */ ([...box.children]);
  if (!before) {
    const seen = all.filter((one) => inView(box, middle(one))); // the tab key must not pull the map to what lies beyond its edge
    const first = seen.find((one) => one.classList.contains("cluster")) || seen[0];
    if (first) stop(box, first);
    return;
  }
  const same = all.find((one) => one.dataset.name === before.name) || [...all].sort((a, b) => far(a, before) - far(b, before))[0];
  if (same) stop(box, same).focus({ preventScroll: true });
}

/** Which symbol has the focus, and where it is. @param {HTMLElement} box */
export function focused(box) {
  const one = document.activeElement;
  return one instanceof HTMLElement && box.contains(one) ? { name: one.dataset.name, ...middle(one) } : null;
}

/** @param {HTMLElement} box @param {HTMLElement} one */
function stop(box, one) {
  for (const other of box.querySelectorAll("[tabindex='0']")) other.setAttribute("tabindex", "-1");
  one.setAttribute("tabindex", "0");
  return one;
}

/** @param {HTMLElement} box @param {HTMLElement} from @param {[number, number]} way */
function nearest(box, from, [right, down]) {
  const here = middle(from);
  let [best, least] = [/** @type {HTMLElement | null} */ (null), Infinity];
  for (const one of /** @type {HTMLElement[]} */ ([...box.children])) {
    const { x, y } = middle(one);
    const [ahead, aside] = [(x - here.x) * right + (y - here.y) * down, Math.abs((x - here.x) * down) + Math.abs((y - here.y) * right)];
    const cost = ahead + ASIDE * aside;
    if (one === from || ahead <= 1 || cost >= least || !inView(box, { x, y })) continue;
    [best, least] = [one, cost];
  }
  return best;
}

/** @param {HTMLElement} box @param {{x: number, y: number}} place */
function inView(box, { x, y }) {
  const view = box.closest(".folium-map")?.getBoundingClientRect();
  return Boolean(view && x >= view.left && x <= view.right && y >= view.top && y <= view.bottom);
}

/** @param {Element} one */
function middle(one) {
  const box = one.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}

/** @param {Element} one @param {{x: number, y: number}} place */
function far(one, place) {
  const { x, y } = middle(one);
  return Math.hypot(x - place.x, y - place.y);
}
