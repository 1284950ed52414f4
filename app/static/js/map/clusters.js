// Points that would lie on each other gathered: nothing is lost, nothing is piled.

/** @typedef {{x: number, y: number, count: number, family: string}} Spot */

/** Things by the square of a plane that they lie in, found again by nearness. @template {{x: number, y: number}} T */
class Squares {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    /** @type {Map<number, T[]>} */
    this.squares = new Map();
  }

  /** @param {number} x @param {number} y */
  key(x, y) {
    return Math.floor(x / this.size) * 4194304 + Math.floor(y / this.size); // wide enough for any map on any screen
  }

  /** @param {T} one */
  add(one) {
    const key = this.key(one.x, one.y);
    const square = this.squares.get(key);
    if (square) square.push(one);
    else this.squares.set(key, [one]);
  }

  /** The first that meets a claim, in the squares around a place. @param {number} x @param {number} y @param {(one: T) => boolean} claim @returns {T | null} */
  around(x, y, claim) {
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        const found = this.squares.get(this.key(x + dx * this.size, y + dy * this.size))?.find(claim);
        if (found) return found;
      }
    }
    return null;
  }
}

const MANY = 1500; // spots beyond which squares of the ground are put together first: thousands, and the same wherever one pans

/** Groups of spots whose discs do not overlap: by nearness, then joined where they still touch; wider until they are few enough to be read.
 * @template {Spot} T @param {T[]} spots @param {number} reach px @param {number} disc px between discs @param {number} most groups @returns {T[][]} */
export function crowds(spots, reach, disc, most) {
  for (let wide = 1; ; wide *= 1.3) {
    const bins = spots.length > MANY ? binned(spots, Math.max(12, reach) * wide * 0.75) : spots.map(alone);
    const groups = join(gather(bins, reach * wide), disc).map((group) => group.flatMap((one) => one.spots));
    if (groups.length <= most || wide > 8) return groups;
  }
}

/** @template {Spot} T @param {T} spot */
const alone = (spot) => ({ x: spot.x, y: spot.y, count: spot.count, family: spot.family, spots: [spot] });

/** Spots put together by squares of the ground. @template {Spot} T @param {T[]} spots @param {number} size px */
function binned(spots, size) {
  /** @type {Map<number, {x: number, y: number, count: number, family: string, spots: T[]}>} */
  const bins = new Map();
  for (const spot of spots) {
    const key = Math.floor(spot.x / size) * 4194304 + Math.floor(spot.y / size);
    const bin = bins.get(key);
    if (!bin) {
      bins.set(key, alone(spot));
      continue;
    }
    const n = bin.spots.length;
    bin.x = (bin.x * n + spot.x) / (n + 1);
    bin.y = (bin.y * n + spot.y) / (n + 1);
    bin.count = (n === 1 ? bin.count || 1 : bin.count) + (spot.count || 1);
    bin.spots.push(spot);
  }
  return [...bins.values()];
}

/** Groups of spots by greedy nearness: the first of each group (spots come in order of weight) gives it its place.
 * @template {{x: number, y: number}} T @param {T[]} spots @param {number} reach px @returns {T[][]} */
export function gather(spots, reach) {
  if (reach <= 0) return spots.map((one) => [one]);
  /** @type {Squares<{x: number, y: number, group: T[]}>} */
  const squares = new Squares(reach);
  const groups = [];
  for (const spot of spots) {
    const home = squares.around(spot.x, spot.y, (one) => Math.hypot(one.x - spot.x, one.y - spot.y) < reach);
    if (home) {
      home.group.push(spot);
      continue;
    }
    const group = [spot];
    groups.push(group);
    squares.add({ x: spot.x, y: spot.y, group });
  }
  return groups;
}

/** Groups whose discs would still overlap are joined, a lone symbol with a disc over it too.
 * @template {{x: number, y: number, count: number}} T @param {T[][]} groups @param {number} reach px */
export function join(groups, reach) {
  const crowded = groups.map((group) => ({ group, disc: group.length > 1 || group[0].count > 0, x: mean(group, "x"), y: mean(group, "y") })).sort((a, b) => b.group.length - a.group.length);
  if (reach <= 0) return groups;
  /** @type {Squares<{group: T[], disc: boolean, x: number, y: number}>} */
  const kept = new Squares(reach);
  const found = [];
  for (const one of crowded) {
    const over = kept.around(one.x, one.y, (other) => (one.disc || other.disc) && Math.hypot(other.x - one.x, other.y - one.y) < (one.disc ? reach : reach * 0.72));
    if (over) {
      over.group.push(...one.group);
      continue;
    }
    const made = { group: [...one.group], disc: one.disc, x: one.x, y: one.y };
    kept.add(made);
    found.push(made);
  }
  return found.map((one) => one.group);
}

/** @param {{x: number, y: number}[]} group @param {"x" | "y"} axis */
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
