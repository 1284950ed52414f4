// How the ground and the areas of each family are painted: tokens read once per theme, by paint name and shade.

const style = () => getComputedStyle(document.documentElement);
/** @type {Map<string, string>} */
let known = new Map();

/** The value of a token on this theme. @param {string} name */
export function token(name) {
  let value = known.get(name);
  if (value === undefined) known.set(name, (value = style().getPropertyValue(`--${name}`).trim()));
  return value;
}

export const forgetTokens = () => (known = new Map());

/** @typedef {{fill?: string, line?: string, width?: number, dash?: number[], casing?: string, casingWidth?: number, from?: number, alpha?: number, lineAlpha?: number, rank?: number, text?: "road" | "water" | "gully", fixed?: boolean, hatch?: boolean}} Paint */

/** @type {Record<string, Record<string, () => Paint>>} */
const GROUND = {
  "b-land": {
    mountain: () => ({ fill: token("m-mount"), rank: 0 }),
    flood_plain: () => ({ fill: token("m-flood"), rank: 1 }),
    urban: () => ({ fill: token("m-urban"), rank: 2 }),
    industry: () => ({ fill: token("m-ind"), rank: 3 }),
    water: () => ({ fill: token("m-water"), line: token("m-water-line"), width: 0.75, rank: 4 }),
    "": () => ({ fill: token("m-urban"), rank: 2 }),
  },
  "b-stream": {
    river: () => ({ line: token("m-water"), width: 3, text: "water", rank: 3 }),
    gully: () => ({ line: token("m-gully"), width: 1.5, dash: [6, 3], text: "gully", from: 10 }),
    canal: () => ({ line: token("m-water"), width: 2, text: "gully", from: 10.5, rank: 1 }),
    dike: () => ({ line: token("m-text-2"), width: 1.5, dash: [1.5, 3], from: 11.5, lineAlpha: 0.7, rank: 2 }),
    "": () => ({ line: token("m-water"), width: 2, text: "gully" }),
  },
  road: {
    motorway: () => ({ line: token("m-r1"), width: 4, casing: token("m-r1c"), casingWidth: 6, rank: 6, text: "road" }),
    national: () => ({ line: token("m-r2"), width: 3, casing: token("m-r2c"), casingWidth: 4.6, rank: 5, text: "road" }),
    provincial: () => ({ line: token("m-r2"), width: 3, casing: token("m-r2c"), casingWidth: 4.6, rank: 4, text: "road" }),
    county: () => ({ line: token("m-r3"), width: 2.6, casing: token("m-r3c"), casingWidth: 4, rank: 3, from: 10.5, text: "road" }),
    village: () => ({ line: token("m-r5"), width: 1.4, casing: token("m-r5c"), casingWidth: 2.4, rank: 1, from: 11.4 }),
    street: () => ({ line: token("m-r5"), width: 1.4, casing: token("m-r5c"), casingWidth: 2.2, rank: 2, from: 12, text: "road" }),
    "": () => ({ line: token("m-r5"), width: 1.8, casing: token("m-r5c"), casingWidth: 3, rank: 2, from: 11.4, text: "road" }),
  },
  rail: { "": () => ({ casing: token("m-rail"), casingWidth: 2.2, line: token("m-land"), width: 1.1, dash: [7, 7], from: 10, rank: 7, text: "road" }) },
  "b-town": { "": () => ({ line: token("m-nb"), width: 1, dash: [2, 4], fixed: true, from: 10.5, lineAlpha: 0.8 }) },
};

/** @param {string} paint @param {string} shade @returns {Paint} */
export function groundPaint(paint, shade) {
  const family = GROUND[paint] || GROUND["b-town"];
  return (family[shade] || family[""])();
}

/** Colours of a family's areas and lines. @param {string} family @returns {Paint} */
export function familyPaint(family) {
  switch (family) {
    case "hazard": return { fill: token("fam-hazard"), alpha: 0.22, line: token("fam-hazard"), width: 3, casing: token("fam-hazard-line"), casingWidth: 5 };
    case "target": return { fill: token("fam-target"), alpha: 0.1, line: token("fam-target"), width: 1.75 };
    case "resource": return { fill: token("fam-res"), alpha: 0.14, line: token("fam-res"), width: 2 };
    case "event": case "plot": return { fill: token("fam-event"), alpha: 0.15, line: token("z-line"), width: 2.5 };
    case "scenario": return { fill: token("drill"), alpha: 0.18, line: token("drill"), width: 2.5, dash: [10, 4] };
    default: return { fill: token("m-text-2"), alpha: 0.1, line: token("m-text-2"), width: 1.5 };
  }
}

/** A family's paint for one of the classes it is styled in: a fact's own colour, or steps of ink; the mark on it says which. @param {Paint} family @param {import("./classes.js").Class} one @returns {Paint} */
export function classPaint(family, one) {
  const colour = one.tone.startsWith("warn") ? token(one.tone) : token("ink");
  const alpha = one.tone.startsWith("warn") ? 0.35 : 0.08 + 0.1 * one.step;
  return { ...family, fill: family.fill && colour, alpha, line: colour };
}

/** @type {Record<string, string>} */
const RINGS = { hazard: "fam-hazard", target: "fam-target", resource: "fam-res", event: "fam-event", plot: "fam-event", scenario: "drill" };
/** @param {string} family */
export const familyColour = (family) => token(RINGS[family] || "m-text-2");

/** Lines widen with the zoom. @param {number} zoom */
export const widen = (zoom) => (zoom < 10 ? 0.55 : zoom < 11 ? 0.7 : zoom < 12 ? 0.85 : zoom < 13.5 ? 1 : zoom < 15 ? 1.5 : zoom < 16.5 ? 2.4 : 3.6);
