// What is inside a cluster, listed beside it while it is pointed at, focused or tapped: layers with their symbol, classes with their mark.
import { symbolUrl } from "../config.js";
import { add, el, fill, image } from "../dom.js";
import { number } from "../format.js";
import { t } from "../words.js";

const ROWS = 10;
const GAP = 8;

/** @typedef {{name: string, symbol: string | undefined | null, family: string, count: number, classes: [import("./classes.js").Class, number][]}} Part */

export class Inside {
  /** @param {Element} main */
  constructor(main) {
    this.card = el("div", { class: "float card inside", hidden: true, "aria-hidden": "true" }); // the cluster's own name says the same
    /** @type {HTMLElement | null} */
    this.at = null;
    main.append(this.card);
  }

  /** Tell a cluster to list its parts. @param {HTMLElement} cluster @param {Part[]} parts */
  of(cluster, parts) {
    cluster.addEventListener("pointerenter", (event) => { if (event.pointerType !== "touch") this.show(cluster, parts); });
    cluster.addEventListener("focus", () => { if (cluster.matches(":focus-visible")) this.show(cluster, parts); });
    for (const kind of ["pointerleave", "blur"]) cluster.addEventListener(kind, () => { if (this.at === cluster) this.hide(); });
    cluster.addEventListener("click", (event) => { // a finger points by its first touch and opens by the second
      if (/** @type {PointerEvent} */ (event).pointerType !== "touch" || this.at === cluster) return;
      event.stopImmediatePropagation();
      this.show(cluster, parts);
    });
  }

  /** @param {HTMLElement} cluster @param {Part[]} parts */
  show(cluster, parts) {
    this.at = cluster;
    const lines = parts.flatMap((part) => [row(image(symbolUrl(part.symbol || "point", part.family)), part.name, part.count), ...part.classes.map(([one, n]) => row(el("span", { class: `mark ${one.tone}`, text: one.mark }), one.words, n, "class"))]);
    fill(this.card, lines.slice(0, ROWS));
    if (lines.length > ROWS) add(this.card, el("div", { class: "more", text: t("map.insideMore", { n: lines.length - ROWS }) }));
    this.card.hidden = false;
    const main = this.card.offsetParent?.getBoundingClientRect();
    if (!main) return;
    const disc = cluster.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const right = disc.right + GAP - main.left;
    const left = right + width < main.width - GAP ? right : Math.max(GAP, disc.left - GAP - width - main.left);
    this.card.style.left = `${left}px`;
    this.card.style.top = `${Math.max(GAP, Math.min(main.height - height - GAP, disc.top + disc.height / 2 - height / 2 - main.top))}px`;
  }

  hide() {
    this.at = null;
    this.card.hidden = true;
  }
}

/** @param {Element} picture @param {string} words @param {number} count @param {string} [kind] */
const row = (picture, words, count, kind = "") => el("div", { class: `inside-row ${kind}` }, picture, el("span", { class: "cut", text: words }), el("b", { text: number(count) }));
