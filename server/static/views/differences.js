/** What if: the totals that something would change, of what is pointed at or proposed. */

import { h } from "../dom.js";
import { difference } from "../format.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../wire.js").Total} Total
 * @typedef {import("../wire.js").Operation} Operation
 */

const SHOWN = 8;

/** Stats of which less is better. */
export const COSTS = new Set(["endurance.use_per_second"]);

/** By how much a total would differ from what it is. @param {View} view @param {string} key @param {Total | undefined} total */
export function differenceTo({ state }, key, total) {
  return total ? total.capped - (state.totals[key]?.capped ?? total.capped) : 0;
}

/** @param {View} view @param {Record<string, Total>} totals */
export function differencesView(view, totals) {
  const all = view.catalogue.stats
    .map((stat) => ({ stat, by: differenceTo(view, stat.key, totals[stat.key]) }))
    .filter(({ by }) => Math.abs(by) >= 5e-5);
  return h("p", { class: "differences", key: "differences" },
    all.length === 0 && h("span", { class: "hint", key: "none" }, "No total changes."),
    all.slice(0, SHOWN).map(({ stat, by }) =>
      h("span", { key: stat.key }, `${stat.group}: ${stat.label} `,
        h("b", { class: by > 0 === COSTS.has(stat.key) ? "worse" : "better" }, difference(stat, by)))),
    all.length > SHOWN && h("span", { class: "hint", key: "more" }, `and ${all.length - SHOWN} more`));
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
  return h("div", { class: "what-if", key: "what if", "aria-live": "polite" },
    !preview && h("p", { class: "hint", key: "hint" }, "Point at an enhancement to see what it would change."),
    preview?.type === "refused" && h("p", { class: "hint", key: "refused" }, preview.message),
    preview?.type === "previewed" && differencesView(view, preview.totals));
}
