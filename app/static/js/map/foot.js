// Bottom left: scale, where the pointer is, whose data.
import { add, el } from "../dom.js";
import { coordinates } from "../format.js";
import { t } from "../words.js";

/** @param {Element} main @param {import("./view.js").MapView} view */
export function foot(main, view) {
  const words = el("div");
  const bar = el("div", { class: "scale" });
  const pointer = el("span", { "aria-hidden": "true" });
  add(main, el("div", { class: "float foot" }, el("div", {}, words, bar), pointer, el("span", { class: "wide-only", text: t("foot.credit") })));

  const measure = () => {
    const { map } = view;
    const lat = (map.getCenter().lat * Math.PI) / 180;
    const metresPerPixel = (40075016.686 * Math.cos(lat)) / (256 * 2 ** map.getZoom());
    const metres = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000].filter((one) => one / metresPerPixel <= 110).pop() || 10;
    bar.style.width = `${Math.round(metres / metresPerPixel)}px`;
    words.textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  };
  const point = (/** @type {{lat: number, lng: number}} */ at) => (pointer.textContent = `${coordinates(at.lng, at.lat, 4)} · CGCS2000`);
  view.map.on("zoomend moveend", measure);
  view.map.on("mousemove", (/** @type {any} */ event) => point(event.latlng));
  measure();
  point(view.map.getCenter());
}
