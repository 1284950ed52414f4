// Which layers play which part in a plan, as they declare it: who takes people in, who may be set off.
import { state } from "./state.js";

/** The part of a layer by its name. @param {import("./types").Layer} layer @param {string} name @returns {Record<string, any> | undefined} */
export const partOf = (layer, name) => layer.parts?.find((one) => one.part === name);

/** @param {string} name @returns {import("./types").Layer[]} */
export const playing = (name) => [...state.layers.values()].filter((layer) => partOf(layer, name));

/** The hazards that refuges are said to suit. @returns {import("./types").Choice[]} */
export function hazards() {
  const layer = playing("refuge")[0];
  const field = layer && layer.fields.find((one) => one.id === partOf(layer, "refuge")?.suits);
  return field?.choices || [];
}
