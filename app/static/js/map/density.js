// How much larger than its own pixels the map is shown: 1 beside panels, more on a wall. Lines, names and symbols grow together.

/** @param {Element} container */
export const densityOf = (container) => Number(getComputedStyle(container).getPropertyValue("--k")) || 1;
