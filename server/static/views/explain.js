/** Where a total comes from. */

import { classes, h } from "../dom.js";
import { amount, counted, difference } from "../format.js";
import { enhancementName, powerName } from "../words.js";
import { dialogView } from "./dialog.js";
import { waitView } from "./wait.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Stat} Stat
 * @typedef {import("../wire.js").Item} Item
 */

/** @param {View} view */
export function explainDialog(view) {
  const { catalogue, ui, explain } = view;
  const stat = catalogue.stats.find(({ key }) => key === ui.about.stat);
  if (ui.dialog !== "explain" || !stat) return null;
  const answer = explain(stat.key);
  return dialogView(view, "explain", `${stat.group}: ${stat.label}`,
    !answer && waitView(view.state),
    answer?.type === "refused" && h("p", { class: "refusal", key: "refused" }, answer.message),
    answer?.type === "explained" && explanationView(view, stat, answer.explanation));
}

/** @param {View} view @param {Stat} stat @param {import("../wire.js").Explanation} explanation */
function explanationView(view, stat, { value, capped, items, cut = 0, formula, inputs = {} }) {
  const counting = items.filter((item) => item.value);
  const idle = items.filter((item) => !item.value);
  return h("div", { class: "offers", key: "explanation" },
    formula && h("p", { class: "hint", key: "formula" }, formula, ...Object.entries(inputs).map(([key, total]) => {
      const input = view.catalogue.stats.find((one) => one.key === key);
      return input ? ` · ${input.label}: ${amount(input, total.capped)}` : "";
    })),
    h("ul", { class: "parts", key: "parts" }, counting.map((item, index) => itemView(view, stat, item, index))),
    h("p", { class: "sum", key: "sum" }, h("span", null, "Together"), h("b", null, amount(stat, value))),
    cut > 0 && h("p", { class: "sum cut", key: "cut" }, h("span", null, "What the cap cuts off"), h("b", null, difference(stat, -cut))),
    cut > 0 && h("p", { class: "sum", key: "capped" }, h("span", null, "Total"), h("b", null, amount(stat, capped))),
    idle.length > 0 && h("details", { key: "idle" },
      h("summary", { class: "hint" }, `What does not count (${idle.length})`),
      h("ul", { class: "parts" }, idle.map((item, index) => itemView(view, stat, item, index)))));
}

/** @param {View} view @param {Stat} stat @param {Item} item @param {number} index */
function itemView({ catalogue }, stat, item, index) {
  const { value, power, lost = 0, why, when, times = 1, enhancing } = item;
  const notes = [
    power && `in ${powerName(power, catalogue)}`,
    times > 1 && `${times} times`,
    enhancing && enhanced(enhancing),
    when && `while ${when}`,
    why && (lost ? `${why}: ${difference(stat, lost)} not counted` : why),
  ].filter(Boolean);
  return h("li", { key: index, class: classes(!value && "idle") },
    h("span", null, nameOf(item, catalogue), notes.length > 0 && h("small", { key: "notes" }, notes.join(" · "))),
    h("b", null, value ? difference(stat, value) : "–"));
}

/** @param {Item} item @param {import("../catalogue.js").Catalogue} catalogue */
function nameOf({ kind, id = "", boost_set: set = "", pieces = 0 }, catalogue) {
  switch (kind) {
    case "base": return "The archetype's own";
    case "limit": return "The game's limits";
    case "stat": return catalogue.stats.find(({ key }) => key === id)?.label ?? id;
    case "enhancement": return enhancementName(id, catalogue);
    case "set bonus": return `${catalogue.boostSet(set)?.name ?? set}, ${counted(pieces, "piece")}`;
    default: return powerName(id, catalogue);
  }
}

/** @param {NonNullable<Item["enhancing"]>} enhancing */
function enhanced({ slotted, after_ed: left, strength }) {
  /** @param {number} fraction */
  const percent = (fraction) => `${(fraction * 100).toFixed(1)}%`;
  const lost = slotted - left > 5e-5 ? ` (ED took ${percent(slotted - left)})` : "";
  const others = Math.abs(strength - 1 - left) > 5e-5 ? `, ×${strength.toFixed(3)} with all buffs` : "";
  return `enhanced by ${percent(left)}${lost}${others}`;
}
