/** How numbers and names are written for people. What a stat's numbers mean comes with the stat. */

/** @typedef {import("./catalogue.js").Stat} Stat */

const decimals = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const wholes = new Intl.NumberFormat("en", { maximumFractionDigits: 0, roundingMode: "trunc" });

// Made once: a formatter takes as long as drawing a power.
const times = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });

/** @type {Record<string, string>} */
const UNITS = { per_second: "/s", points_per_second: "/s", seconds: " s", feet: " ft", feet_per_second: " ft/s" };

/** @param {{format: string, unit: string}} stat @param {number} value */
export function amount(stat, value) {
  const shown = Math.abs(value) < 5e-5 ? 0 : value; // no "-0"
  if (stat.format === "percent") return `${minus(decimals.format(shown * 100))}%`;
  const number = stat.format === "whole" ? wholes.format(shown) : decimals.format(shown);
  return minus(number) + (UNITS[stat.unit] ?? "");
}

/** @param {string} number */
function minus(number) {
  return number.replace("-", "−");
}

/** A difference, with its sign. @param {Stat} stat @param {number} value */
export function difference(stat, value) {
  return `${value > 0 ? "+" : "−"}${amount(stat, Math.abs(value))}`;
}

const SMALL_WORDS = new Set(["of", "the", "a", "an", "and", "in", "to", "for"]);

/**
 * What players write for a name of several words: Luck of the Gambler is LotG.
 * @param {string} name
 */
export function abbreviation(name) {
  const words = name.replace(/['’]/g, "").split(/[^A-Za-z0-9]+/).filter(Boolean);
  if (words.length < 2) return name.slice(0, 4);
  return words
    .map((word, index) => (index && SMALL_WORDS.has(word.toLowerCase()) ? word[0].toLowerCase() : word[0].toUpperCase()))
    .join("")
    .slice(0, 5);
}

/** The readable end of a game id, until its name has come: Pool.Speed.Hasten is Hasten. @param {string} id */
export function plainId(id) {
  return id.slice(id.lastIndexOf(".") + 1).replaceAll("_", " ");
}

/** @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? words[0][0] + words[words.length - 1][0] : name.trim().slice(0, 2);
  return letters.toUpperCase();
}

/** A colour for a name, the same for everybody: a hue of 0 to 359. @param {string} name */
export function hue(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 359;
  return sum;
}

/** @param {number} at milliseconds since 1970 */
export function clock(at) {
  return times.format(at);
}

/** @param {number} number @param {string} one @param {string} [many] */
export function counted(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Names in a sentence. @param {string[]} names */
export function listed(names) {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join("");
}

/** @param {number} at */
export function day(at) {
  return new Date(at).toLocaleDateString(undefined, { dateStyle: "medium" });
}

/** @param {number} at */
export function moment(at) {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
