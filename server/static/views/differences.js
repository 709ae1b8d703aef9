/** What if: the totals that something would change, of what is pointed at or proposed. */

import { h } from "../dom.js";
import { difference } from "../format.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Stat} Stat
 * @typedef {import("../wire.js").Total} Total
 * @typedef {import("../wire.js").Operation} Operation
 */

const SHOWN = 8;

/** Stats of which less is better. */
export const COSTS = new Set(["endurance.use_per_second"]);

/** By how much a total would differ from what it is, or was. @param {Record<string, Total>} from @param {string} key @param {Total | undefined} total */
export function differenceTo(from, key, total) {
  return total ? total.capped - (from[key]?.capped ?? total.capped) : 0;
}

/**
 * In what totals differ, for people: stats of a group that differ by the same are told together.
 * @param {View} view @param {(key: string) => number} by  how much each differs @param {number} [most]
 */
export function differencesOf({ catalogue }, by, most = SHOWN) {
  /** @type {Map<string, {group: string, labels: string[], number: string, better: boolean, all: boolean}>} */
  const told = new Map();
  for (const stat of catalogue.stats) {
    const value = by(stat.key);
    if (Math.abs(value) < 5e-5) continue;
    const number = difference(stat, value);
    const better = value > 0 !== COSTS.has(stat.key);
    const key = `${stat.group} ${number} ${better}`;
    const one = told.get(key) ?? { group: stat.group, labels: [], number, better, all: false };
    one.labels.push(stat.label);
    one.all = one.labels.length > 2 && one.labels.length === catalogue.stats.filter(({ group }) => group === stat.group).length;
    told.set(key, one);
  }
  const all = [...told.values()];
  const shown = all.slice(0, most).map(({ group, labels, number, better, all: whole }) =>
    h("span", { key: `${group} ${labels[0]}` }, `${group}: ${whole ? "all" : labels.join(", ")} `,
      h("b", { class: better ? "better" : "worse" }, number)));
  return all.length > most ? [...shown, h("span", { class: "hint", key: "more" }, `and ${all.length - most} more`)] : shown;
}

/** @param {View} view @param {Record<string, Total>} totals  those that would be others */
export function differencesView(view, totals) {
  const told = differencesOf(view, (key) => differenceTo(view.state.totals, key, totals[key]));
  return h("p", { class: "differences", key: "differences" },
    !told.length && h("span", { class: "hint", key: "none" }, "No total changes."), told);
}

/** Groups whose labels say enough without them. */
const PLAIN = new Set(["Health", "Endurance", "Offense", "Movement", "Stealth"]);
const LISTED = 4; // labels, before their group says it

/** A stat where its group is not in sight: "Melee defense". @param {Stat} stat */
export function statName({ group, label }) {
  return PLAIN.has(group) ? label : `${label} ${group.toLowerCase()}`;
}

/**
 * What something adds, in words: "+3.75% Smashing, Lethal resistance".
 * @param {Stat[]} stats @param {Record<string, number>} totals
 */
export function gainOf(stats, totals) {
  const types = stats.filter(({ group }) => group === "Damage");
  const ofAll = types.every(({ key }) => totals[key] === totals["offense.damage"]); // then that says it
  const told = stats.filter(({ key, unit, group }) =>
    totals[key] && !unit.endsWith("per_second") && !(ofAll && group === "Damage")); // those follow from others
  /** @type {Map<string, Stat[]>} */
  const alike = new Map();
  for (const stat of told) {
    const key = `${stat.group} ${difference(stat, totals[stat.key])}`;
    alike.set(key, [...(alike.get(key) ?? []), stat]);
  }
  return [...alike.values()].map((some) => {
    const [stat] = some;
    const number = difference(stat, totals[stat.key]);
    const labels = some.map(({ label }) => label).join(", ");
    if (PLAIN.has(stat.group)) return `${number} ${labels}`;
    return `${number} ${some.length > LISTED ? "" : `${labels} `}${stat.group.toLowerCase()}`;
  }).join(", ");
}

/** By how much the newest change changed a total. @param {View["state"]} state @param {string} key */
export function changedBy({ changed }, key) {
  return changed[key] ? changed[key].after.capped - changed[key].before.capped : 0;
}

/** Whose edit that was. @param {View["state"]} state */
export function whoseLast({ feed: [last], known, person }) {
  if (last?.by === person) return "your";
  return known[last?.by ?? ""] ? `${known[last.by].name}'s` : "the";
}

/** What the newest change did, where the totals are not in sight. @param {View} view @param {number} [most] */
export function lastEditView(view, most) {
  const { state } = view;
  if (!Object.keys(state.changed).length) return null;
  const [last] = state.feed;
  const who = last?.by === state.person ? "You" : state.known[last?.by ?? ""]?.name;
  return h("span", { class: "differences last", key: `last ${state.revision}` },
    who && h("span", { class: "hint", key: "who" }, `${who}:`), differencesOf(view, (key) => changedBy(state, key), most));
}

/**
 * While a button is pointed at, what its press would come to is asked for.
 * @param {View["consider"]} consider @param {Operation | Operation[]} operations
 */
export function considering(consider, operations) {
  const begin = () => consider(operations);
  const end = () => consider(null);
  return { onpointerenter: begin, onpointerleave: end, onfocus: begin, onblur: end };
}

/** What that comes to, in a place that is there already when the answer comes. @param {View} view */
export function whatIfView(view) {
  const { preview } = view;
  const points = matchMedia("(hover: hover)").matches; // a finger does not point: it sees what it has done
  return h("div", { class: "what-if", key: "what if", "aria-live": "polite" },
    !preview && (points
      ? h("p", { class: "hint", key: "hint" }, "Point at an enhancement to see what it would change.")
      : lastEditView(view) ?? h("p", { class: "hint", key: "hint" }, "What you place shows here what it changes.")),
    preview?.type === "refused" && h("p", { class: "hint", key: "refused" }, preview.message),
    preview?.type === "previewed" && differencesView(view, preview.totals));
}
