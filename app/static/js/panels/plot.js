// Plot: choose a layer one may write to; the editor then draws and fills in. In a drill the scenario layers come first.
import { config, symbolUrl } from "../config.js";
import { add, el, image } from "../dom.js";
import { empty } from "../panel.js";
import { state } from "../state.js";
import { say, t } from "../words.js";
import { symbolOf } from "./rows.js";

/** @param {import("../types").Layer} layer @returns {"Polygon" | "Line" | "Marker"} */
const toolFor = (layer) => (layer.geometry === "polygon" || layer.geometry === "any" ? "Polygon" : layer.geometry === "line" ? "Line" : "Marker");

/** Layers that one may add to in this space. */
export const writable = () => [...state.layers.values()]
  .filter((layer) => layer.geometry !== "none" && layer.allowed.includes("write") && (!layer.drill_only || config.space.drill))
  .sort((a, b) => Number(b.drill_only) - Number(a.drill_only) || Number(Boolean(a.style.paint)) - Number(Boolean(b.style.paint)));

/** @param {import("../panel.js").Panel} panel @param {(layer: import("../types").Layer) => void} make */
export function plotPanel(panel, make) {
  const all = writable();
  const { body } = panel.open({ kind: "plot", picture: symbolUrl(config.space.drill ? "any_scenario" : "any_plot", "plot"), title: t("plot.title"), meta: config.space.drill ? t("plot.inDrill") : t("plot.live") });
  if (!all.length) return add(body, empty(t("plot.none"), t("plot.noneAdvice")));
  for (const layer of all) {
    const kind = toolFor(layer);
    add(body, el("button", { class: "row", type: "button", on: { click: () => make(layer) } }, el("span", { class: "sy plain" }, image(symbolOf(layer, {}))), el("span", { class: "what" }, el("b", { text: say(layer.label) }), el("span", { class: "meta", text: say(layer.description) })), el("span", { class: "how meta", text: t(/** @type {any} */ (`plot.${kind}`)) })));
  }
  return body;
}
