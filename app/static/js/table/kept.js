// What a reader's table looks like, kept in this browser: its height, and columns and order of each layer.
const HEIGHT = "onemap-table-height";
const LOOK = "onemap-table-look";

/** @typedef {{columns?: string[], sort?: string}} Look */

/** @param {string} name @param {any} otherwise */
function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name) || "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name @param {any} value */
function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // a full store forgets how the table looked, nothing else
  }
}

export const keptHeight = () => Number(read(HEIGHT, 0)) || 0;
/** @param {number} height */
export const keepHeight = (height) => keep(HEIGHT, Math.round(height));

/** @param {string} layer @returns {Look} */
export const lookOf = (layer) => read(LOOK, {})[layer] || {};

/** @param {string} layer @param {Look} look */
export const keepLook = (layer, look) => keep(LOOK, { ...read(LOOK, {}), [layer]: { ...lookOf(layer), ...look } });
