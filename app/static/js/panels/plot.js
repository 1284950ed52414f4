// Plot: choose a layer one may write to, draw, fill in. In a drill the scenario layers come first.
import { config, symbolUrl } from "../config.js";
import { add, el, image } from "../dom.js";
import { titleOf } from "../format.js";
import { empty } from "../panel.js";
import { state } from "../state.js";
import { toast } from "../toast.js";
import { say, t } from "../words.js";
import { newForm } from "./form.js";
import { symbolOf } from "./rows.js";

/** @param {import("../types").Layer} layer @returns {"Polygon" | "Line" | "Marker"} */
const toolFor = (layer) => (layer.geometry === "polygon" || layer.geometry === "any" ? "Polygon" : layer.geometry === "line" ? "Line" : "Marker");

/** Layers that one may add to in this space. */
export const writable = () => [...state.layers.values()]
  .filter((layer) => layer.geometry !== "none" && layer.allowed.includes("write") && (!layer.drill_only || config.space.drill))
  .sort((a, b) => Number(b.drill_only) - Number(a.drill_only) || Number(Boolean(a.style.paint)) - Number(Boolean(b.style.paint)));

/** @param {import("../panel.js").Panel} panel @param {import("../map/zone.js").ZoneDrawing} drawing @param {{card: (layer: string, id: string) => void, prompt: (words: string | null) => void, tools: () => void}} act */
export function plotPanel(panel, drawing, act) {
  const all = writable();
  const { body } = panel.open({ kind: "plot", picture: symbolUrl(config.space.drill ? "any_scenario" : "any_plot", "plot"), title: t("plot.title"), meta: config.space.drill ? t("plot.inDrill") : t("plot.live") });
  if (!all.length) return add(body, empty(t("plot.none"), t("plot.noneAdvice")));
  for (const layer of all) {
    const kind = toolFor(layer);
    add(body, el("button", { class: "row", type: "button", on: { click: () => plot(panel, drawing, layer, act) } }, el("span", { class: "sy plain" }, image(symbolOf(layer, {}))), el("span", { class: "what" }, el("b", { text: say(layer.label) }), el("span", { class: "meta", text: say(layer.description) })), el("span", { class: "how meta", text: t(/** @type {any} */ (`plot.${kind}`)) })));
  }
  return body;
}

/** @param {import("../panel.js").Panel} panel @param {import("../map/zone.js").ZoneDrawing} drawing @param {import("../types").Layer} layer @param {{card: (layer: string, id: string) => void, prompt: (words: string | null) => void, tools: () => void}} act */
function plot(panel, drawing, layer, act) {
  const kind = toolFor(layer);
  act.prompt(t(/** @type {any} */ (`prompt.${kind}`), { layer: say(layer.label) }));
  drawing.draw(kind, (geometry) => {
    const sketch = L.geoJSON(geometry, { className: layer.style.family === "scenario" ? "z-scenario" : "z-measure", style: { className: layer.style.family === "scenario" ? "z-scenario" : "z-zone" }, pane: "zone", interactive: false, pmIgnore: true, pointToLayer: (/** @type {any} */ _, /** @type {any} */ at) => L.marker(at, { icon: L.divIcon({ className: "handle", iconSize: [16, 16] }), pmIgnore: true }) }).addTo(drawing.map);
    newForm(panel, layer, geometry, {
      done: (saved) => {
        sketch.remove();
        toast(t("plot.saved", { name: titleOf(layer, saved) }));
        state.shown.add(layer.id);
        act.card(layer.id, saved.id);
      },
      left: () => { sketch.remove(); plotPanel(panel, drawing, act); },
    }, "");
    const watch = setInterval(() => { if (panel.kind !== "form") { sketch.remove(); clearInterval(watch); } }, 500);
  }, () => { act.prompt(null); act.tools(); });
}
