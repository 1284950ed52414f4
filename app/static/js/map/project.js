// Web Mercator as world coordinates in 0..1, and the shapes of GeoJSON in them.

/** @param {number} lon */
export const worldX = (lon) => lon / 360 + 0.5;

/** @param {number} lat */
export function worldY(lat) {
  const sin = Math.sin((Math.max(-85.0511, Math.min(85.0511, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI);
}

/** @param {number} x */
export const lonOf = (x) => (x - 0.5) * 360;
/** @param {number} y */
export const latOf = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;

/** @param {number[][]} positions */
function line(positions) {
  const flat = new Float64Array(positions.length * 2);
  positions.forEach(([lon, lat], i) => {
    flat[2 * i] = worldX(lon);
    flat[2 * i + 1] = worldY(lat);
  });
  return flat;
}

/** Kind (1 point, 2 line, 3 area) and parts of a geometry. @param {any} geometry @returns {[1 | 2 | 3, Float64Array[]]} */
export function partsOf(geometry) {
  const at = geometry.coordinates;
  switch (geometry.type) {
    case "Point": return [1, [line([at])]];
    case "MultiPoint": return [1, at.map((/** @type {number[]} */ one) => line([one]))];
    case "LineString": return [2, [line(at)]];
    case "MultiLineString": return [2, at.map(line)];
    case "Polygon": return [3, at.map(line)];
    default: return [3, at.flat().map(line)];
  }
}

/** @param {Float64Array[]} parts @returns {[number, number, number, number]} */
export function boxOf(parts) {
  let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) {
      if (part[i] < west) west = part[i];
      if (part[i] > east) east = part[i];
      if (part[i + 1] < north) north = part[i + 1];
      if (part[i + 1] > south) south = part[i + 1];
    }
  }
  return [west, north, east, south];
}

/** Where a symbol or a name of a shape stands: the point, the middle of the longest line, a place inside the area.
 * @param {import("../types").Drawn} drawn @returns {[number, number]} */
export function anchorOf(drawn) {
  const longest = drawn.parts.reduce((best, part) => (part.length > best.length ? part : best), drawn.parts[0]);
  if (drawn.kind === 1) return [longest[0], longest[1]];
  if (drawn.kind === 2) return middle(longest);
  return insideOf(longest);
}

/** @param {Float64Array} part @returns {[number, number]} */
function middle(part) {
  let length = 0;
  for (let i = 2; i < part.length; i += 2) length += Math.hypot(part[i] - part[i - 2], part[i + 1] - part[i - 1]);
  let left = length / 2;
  for (let i = 2; i < part.length; i += 2) {
    const step = Math.hypot(part[i] - part[i - 2], part[i + 1] - part[i - 1]);
    if (step >= left && step > 0) return [part[i - 2] + ((part[i] - part[i - 2]) * left) / step, part[i - 1] + ((part[i + 1] - part[i - 1]) * left) / step];
    left -= step;
  }
  return [part[0], part[1]];
}

/** The middle of the widest stretch on the centroid's latitude: inside also for bent areas. @param {Float64Array} ring @returns {[number, number]} */
function insideOf(ring) {
  let [area, y] = [0, 0];
  const [ox, oy] = [ring[0], ring[1]]; // near zero, or the sums lose their digits
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const cross = (ring[i] - ox) * (ring[i + 3] - oy) - (ring[i + 2] - ox) * (ring[i + 1] - oy);
    area += cross;
    y += (ring[i + 1] + ring[i + 3] - 2 * oy) * cross;
  }
  const at = area ? y / (3 * area) + oy : ring[1];
  const crossings = [];
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const [y1, y2] = [ring[i + 1], ring[i + 3]];
    if (y1 > at !== y2 > at) crossings.push(ring[i] + ((at - y1) / (y2 - y1)) * (ring[i + 2] - ring[i]));
  }
  crossings.sort((a, b) => a - b);
  let [best, x] = [-1, ring[0]];
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    if (crossings[i + 1] - crossings[i] > best) [best, x] = [crossings[i + 1] - crossings[i], (crossings[i] + crossings[i + 1]) / 2];
  }
  return [x, at];
}

/** @param {Float64Array[]} parts @param {number} x @param {number} y */
export function holds(parts, x, y) {
  let inside = false;
  for (const ring of parts) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      if (ring[i + 1] > y !== ring[j + 1] > y && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) inside = !inside;
    }
  }
  return inside;
}

/** @param {Float64Array[]} parts @param {number} x @param {number} y */
export function awayFrom(parts, x, y) {
  let best = Infinity;
  for (const part of parts) {
    for (let i = 2; i < part.length; i += 2) {
      const [dx, dy] = [part[i] - part[i - 2], part[i + 1] - part[i - 1]];
      const along = Math.max(0, Math.min(1, ((x - part[i - 2]) * dx + (y - part[i - 1]) * dy) / (dx * dx + dy * dy || 1)));
      best = Math.min(best, Math.hypot(x - part[i - 2] - along * dx, y - part[i - 1] - along * dy));
    }
  }
  return best;
}

const RADIUS_M = 6371008.8;

/** A ring of `steps` places at a distance, on the sphere: for showing only, the server answers with the exact one.
 * @param {number} lon @param {number} lat @param {number} metres */
export const circle = (lon, lat, metres, steps = 96) => Array.from({ length: steps }, (_, i) => away(lon, lat, (i * 360) / steps, metres));

/** @param {number} lon @param {number} lat @param {number} degrees @param {number} metres @returns {[number, number]} lat, lon */
export function away(lon, lat, degrees, metres) {
  const rad = Math.PI / 180;
  const [d, b, a, o] = [metres / RADIUS_M, degrees * rad, lat * rad, lon * rad];
  const y = Math.asin(Math.sin(a) * Math.cos(d) + Math.cos(a) * Math.sin(d) * Math.cos(b));
  return [y / rad, (o + Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(a), Math.cos(d) - Math.sin(a) * Math.sin(y))) / rad];
}

/** @param {{lat: number, lng: number}} one @param {{lat: number, lng: number}} other */
export function metresBetween(one, other) {
  const rad = Math.PI / 180;
  const [a, b] = [one.lat * rad, other.lat * rad];
  const h = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(((other.lng - one.lng) * rad) / 2) ** 2;
  return 2 * RADIUS_M * Math.asin(Math.sqrt(h));
}
