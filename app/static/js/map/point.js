// The place in question, marked on the map.
import { symbolUrl } from "../config.js";
import { image } from "../dom.js";
import { on, state } from "../state.js";

/** @param {import("./view.js").MapView} view */
export function questionPoint(view) {
  /** @type {any} */
  let marker = null;
  const draw = () => {
    marker?.remove();
    marker = null;
    if (!state.place) return;
    const icon = L.divIcon({ className: "question-point", iconSize: [32, 32], iconAnchor: [16, 16], html: image(symbolUrl("point", "plot")) });
    marker = L.marker([state.place.lat, state.place.lon], { icon, interactive: false, keyboard: false, pmIgnore: true, zIndexOffset: 1000 }).addTo(view.map);
  };
  on("question", draw);
}
