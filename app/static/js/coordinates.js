// Coordinates in the forms people have them: decimal, degrees-minutes-seconds, full-width digits; GCJ-02 and BD-09 undone.

const NUMBER = String.raw`[+-]?\d+(?:\.\d+)?`;
const DMS = String.raw`(\d+(?:\.\d+)?)\s*[°度]\s*(?:(\d+(?:\.\d+)?)\s*['′’分])?\s*(?:(\d+(?:\.\d+)?)\s*(?:["″”秒]|''))?`;

/** @typedef {{lon: number, lat: number, swapped: boolean}} Place */

/** The place that a text names, or null. Longitude first unless only the other order fits; letters and words for N/E decide.
 * @param {string} text @returns {Place | null} */
export function readPlace(text) {
  const plain = text.normalize("NFKC").replace(/′′/g, '"').replace(/[，、;；]/g, ",").trim();
  const marked = readMarked(plain);
  if (marked) return marked;
  const decimal = plain.match(new RegExp(`^\\(?(${NUMBER})\\s*[,\\s]\\s*(${NUMBER})\\)?$`));
  return decimal ? ordered(Number(decimal[1]), Number(decimal[2])) : null;
}

/** @param {string} plain @returns {Place | null} */
function readMarked(plain) {
  const found = [...plain.matchAll(new RegExp(`([NSEW东西南北][经纬]?)?\\s*${DMS}\\s*([NSEW])?`, "gi"))].filter((one) => one[2]);
  if (found.length !== 2) return null;
  const values = found.map((one) => ({ value: Number(one[2]) + Number(one[3] || 0) / 60 + Number(one[4] || 0) / 3600, mark: (one[1] || one[5] || "").toUpperCase() }));
  const signed = values.map(({ value, mark }) => (/[SW西南]/.test(mark) ? -value : value));
  const isLat = values.map(({ mark }) => /[NS北南]/.test(mark));
  if (isLat[0] && !isLat[1]) return inRange(signed[1], signed[0], false);
  if (isLat[1] && !isLat[0]) return inRange(signed[0], signed[1], false);
  return ordered(signed[0], signed[1]);
}

/** @param {number} first @param {number} second */
function ordered(first, second) {
  const chinaLon = (/** @type {number} */ v) => v > 73 && v < 136;
  const chinaLat = (/** @type {number} */ v) => v > 3 && v < 54;
  if (chinaLat(first) && chinaLon(second)) return inRange(second, first, true);
  return inRange(first, second, false);
}

/** @param {number} lon @param {number} lat @param {boolean} swapped @returns {Place | null} */
const inRange = (lon, lat, swapped) => (Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { lon, lat, swapped } : null);

const A = 6378245.0; // Krasovsky 1940, as the published offset formula uses
const EE = 0.00669342162296594323;

/** The offset that GCJ-02 adds at a place. @param {number} lon @param {number} lat */
function offset(lon, lat) {
  const x = lon - 105;
  const y = lat - 35;
  const wave = (/** @type {number} */ v, /** @type {number[][]} */ terms) => terms.reduce((sum, [size, turns]) => sum + size * Math.sin(turns * v * Math.PI), 0) * (2 / 3);
  const common = wave(x, [[20, 6], [20, 2]]);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + common + wave(y, [[20, 1], [40, 1 / 3], [160, 1 / 12], [320, 1 / 30]]);
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + common + wave(x, [[20, 1], [40, 1 / 3], [150, 1 / 12], [300, 1 / 30]]);
  const phi = (lat / 180) * Math.PI;
  const magic = 1 - EE * Math.sin(phi) ** 2;
  const root = Math.sqrt(magic);
  return { lon: (east * 180) / ((A / root) * Math.cos(phi) * Math.PI), lat: (north * 180) / (((A * (1 - EE)) / (magic * root)) * Math.PI) };
}

/** A place given in GCJ-02 (Amap, Tencent) as WGS84. @param {number} lon @param {number} lat */
export function fromGcj02(lon, lat) {
  let guess = { lon, lat };
  for (let turn = 0; turn < 6; turn++) {
    const shift = offset(guess.lon, guess.lat);
    guess = { lon: lon - shift.lon, lat: lat - shift.lat };
  }
  return guess;
}

/** A place given in BD-09 (Baidu) as WGS84. @param {number} lon @param {number} lat */
export function fromBd09(lon, lat) {
  const x = lon - 0.0065;
  const y = lat - 0.006;
  const turn = (Math.PI * 3000) / 180;
  const far = Math.sqrt(x * x + y * y) - 0.00002 * Math.sin(y * turn);
  const angle = Math.atan2(y, x) - 0.000003 * Math.cos(x * turn);
  return fromGcj02(far * Math.cos(angle), far * Math.sin(angle));
}
