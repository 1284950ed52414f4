// What a drawn feature or a layer is called on the map.
import { say } from "../words.js";

/** @param {import("../types").Layer} layer @param {import("../types").Drawn} [drawn] */
export const nameFor = (layer, drawn) => (drawn && drawn.title) || say(layer.label);
