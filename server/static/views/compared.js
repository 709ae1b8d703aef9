/** In what two builds differ, as a list: of the character, powers with what is in them, and totals. */

import { h } from "../dom.js";
import { amount } from "../format.js";

/** @param {any} difference  as the server compares @param {any[]} stats @param {number} [most]  of the totals */
export function comparedList({ fields = [], pools = [], powers = [], incarnates = [], accolades = [], totals = {} }, stats, most = Infinity) {
  /** @param {any} placed */
  const piece = (placed) => `${placed.name}${placed.count ? ` ×${placed.count}` : ""}`;
  const shown = stats.filter(({ key }) => totals[key]);
  const plain = [...fields, ...incarnates];
  const switched = [...pools, ...accolades];
  if (!plain.length && !switched.length && !powers.length && !shown.length) {
    return h("p", { class: "hint", key: "same" }, "Nothing that anybody would see.");
  }
  return h("ul", { class: "saved-list", key: "list" },
    plain.map((/** @type {any} */ each) => h("li", { key: each.field },
      h("strong", null, each.field), h("span", null, `${each.before_name || each.before || "–"} → ${each.after_name || each.after || "–"}`))),
    switched.map((/** @type {any} */ each) => h("li", { key: each.field },
      h("strong", null, each.after_name || each.before_name), h("span", null, each.after === undefined ? "given up" : each.before === undefined ? "added" : "switched"))),
    powers.map((/** @type {any} */ each) => h("li", { class: "stacked", key: each.power },
      h("strong", null, each.name),
      h("div", null,
        h("small", { key: "change" }, howOf(each)),
        each.removed && h("small", { key: "removed" }, `− ${each.removed.map(piece).join(", ")}`),
        each.added && h("small", { key: "added" }, `+ ${each.added.map(piece).join(", ")}`)))),
    shown.slice(0, most).map((stat) => h("li", { key: stat.key },
      h("span", null, `${stat.group}: ${stat.label}`),
      h("span", null, `${amount(stat, totals[stat.key].before.capped)} → ${amount(stat, totals[stat.key].after.capped)}`))),
    shown.length > most && h("li", { class: "hint", key: "more" }, `and ${shown.length - most} more totals`));
}

/** How a power differs. @param {any} power */
function howOf({ change, fields = [], removed, added }) {
  const told = fields.map((/** @type {any} */ { field, before, after }) => {
    // What is not said of a switch is the opposite of what was.
    if (field === "on") return (after ?? !before) ? "switched on" : "switched off";
    return `${field} ${before ?? "–"} → ${after ?? "–"}`;
  });
  if (change === "changed" && (told.length || removed || added)) return told.join(", ");
  return [change, ...told].join(", ");
}
