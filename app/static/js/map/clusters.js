// Points that would lie on each other gathered: nothing is lost, nothing is piled.

/** @typedef {{x: number, y: number, count: number, family: string}} Spot */

/** Groups of spots by greedy nearness: the first of each group (spots come in order of weight) gives it its place.
 * @template {Spot} T @param {T[]} spots @param {number} reach px @returns {T[][]} */
export function gather(spots, reach) {
  if (reach <= 0) return spots.map((one) => [one]);
  /** @type {Map<string, T[][]>} */
  const grid = new Map();
  const groups = [];
  for (const spot of spots) {
    const [cx, cy] = [Math.floor(spot.x / reach), Math.floor(spot.y / reach)];
    let home = null;
    for (let dx = -1; dx <= 1 && !home; dx++) {
      for (let dy = -1; dy <= 1 && !home; dy++) home = (grid.get(`${cx + dx},${cy + dy}`) || []).find(([first]) => Math.hypot(first.x - spot.x, first.y - spot.y) < reach) || null;
    }
    if (home) home.push(spot);
    else {
      const group = [spot];
      groups.push(group);
      const cell = grid.get(`${cx},${cy}`) || [];
      cell.push(group);
      grid.set(`${cx},${cy}`, cell);
    }
  }
  return groups;
}

/** Groups whose discs would still overlap are joined, a lone symbol with a disc over it too. @template {Spot} T @param {T[][]} groups @param {number} reach px */
export function join(groups, reach) {
  const crowded = groups.map((group) => ({ group, count: group.reduce((sum, one) => sum + (one.count || 1), 0), x: mean(group, "x"), y: mean(group, "y"), family: "" })).sort((a, b) => b.group.length - a.group.length);
  /** @type {{group: T[], x: number, y: number}[]} */
  const kept = [];
  for (const one of crowded) {
    const over = kept.find((other) => Math.hypot(other.x - one.x, other.y - one.y) < (one.group.length > 1 ? reach : reach * 0.72) && (one.group.length > 1 || other.group.length > 1));
    if (over) over.group.push(...one.group);
    else kept.push({ group: [...one.group], x: one.x, y: one.y });
  }
  return kept.map((one) => one.group);
}

/** @param {Spot[]} group @param {"x" | "y"} axis */
const mean = (group, axis) => group.reduce((sum, one) => sum + one[axis], 0) / group.length;

/** The ring of a cluster: one colour, or segments by family in the shares they have.
 * @param {Map<string, number>} shares @param {(family: string) => string} colour */
export function ring(shares, colour) {
  const whole = [...shares.values()].reduce((sum, one) => sum + one, 0);
  let at = 0;
  const stops = [...shares].map(([family, count]) => {
    const from = at;
    at += (count / whole) * 360;
    return `${colour(family)} ${from.toFixed(1)}deg ${at.toFixed(1)}deg`;
  });
  return stops.length === 1 ? colour([...shares.keys()][0]) : `conic-gradient(${stops.join(",")})`;
}
