// Choices of a field as lines that a person writes: value=中文=English, one a line; a value alone is its own words.

/** @typedef {{value: string | number, label: {zh: string, en: string}}} Choice */

/** @param {string} lines @param {string} type of the field @returns {Choice[]} */
export const choicesOf = (lines, type) => lines.split("\n").map((line) => line.split(/[=＝]/).map((one) => one.trim())).filter(([value]) => value)
  .map(([value, zh, en]) => ({ value: type === "integer" && /^-?\d+$/.test(value) ? Number(value) : value, label: { zh: zh || value, en: en || zh || value } }));

/** @param {Choice[]} choices */
export const linesOf = (choices) => choices.map(({ value, label }) => [String(value), ...(label.zh === String(value) && label.en === label.zh ? [] : [label.zh, ...(label.en === label.zh ? [] : [label.en])])].join("=")).join("\n");
