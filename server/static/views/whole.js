/** A build to look at: its powers with what is in them, and its totals. */

import { h } from "../dom.js";
import { amount } from "../format.js";
import { enhancementName, powerName, powersetName } from "../words.js";
import { slotsOf } from "./slot.js";

/**
 * @typedef {import("../catalogue.js").Catalogue} Catalogue
 * @typedef {import("../wire.js").Build} Build
 * @typedef {import("../wire.js").Total} Total
 */

/** @param {Catalogue} catalogue @param {{build: Build, totals: Record<string, Total>}} version */
export function wholeView(catalogue, { build, totals }) {
  const taken = Object.entries(build.powers ?? {}).sort(([, a], [, b]) => (a.level ?? 99) - (b.level ?? 99));
  const { primary, secondary, epic, pools = {} } = build.powersets ?? {};
  const powersets = [primary, secondary, ...Object.keys(pools), epic].filter(Boolean).map((id) => powersetName(id ?? "", catalogue));
  const groups = [...new Set(catalogue.stats.map(({ group }) => group))];
  return [
    h("section", { class: "card whole", key: "powers", "aria-labelledby": "powers" },
      h("h2", { id: "powers" }, "Powers"),
      h("p", { class: "hint", key: "powersets" }, powersets.join(" · ") || "None yet."),
      h("ol", null, taken.filter(([, power]) => power.level || piecesOf(power, catalogue)).map(([id, power]) => h("li", { key: id },
        h("span", { class: "badge" }, power.level ?? "–"),
        h("div", null, h("strong", null, powerName(id, catalogue)), h("small", { key: "pieces" }, piecesOf(power, catalogue))))))),
    h("section", { class: "card whole", key: "totals", "aria-labelledby": "totals" },
      h("h2", { id: "totals" }, "Totals"),
      h("dl", null, groups.map((group) => {
        const stats = catalogue.stats.filter((stat) => stat.group === group && Math.abs(totals[stat.key]?.capped ?? 0) >= 5e-5);
        return stats.length > 0 && h("div", { key: group },
          h("dt", null, group),
          h("dd", null, stats.map((stat) => h("span", { key: stat.key }, `${stat.label} `, h("b", null, amount(stat, totals[stat.key].capped))))));
      }))),
  ];
}

/** What sits in a power: sets by their pieces, other enhancements by their number. @param {import("../wire.js").TakenPower} power @param {Catalogue} catalogue */
function piecesOf(power, catalogue) {
  /** @type {Map<string, number>} */
  const pieces = new Map();
  for (const { enhancement } of slotsOf(power)) {
    if (!enhancement) continue;
    const set = catalogue.boostSet(catalogue.enhancement(enhancement.id)?.set ?? "");
    const name = set?.name ?? enhancementName(enhancement.id, catalogue);
    pieces.set(name, (pieces.get(name) ?? 0) + 1);
  }
  return [...pieces].map(([name, number]) => (number > 1 ? `${number} × ${name}` : name)).join(", ");
}
