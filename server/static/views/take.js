/** Choosing the power for a free pick. */

import { h } from "../dom.js";
import { beginningView, offerView } from "./choose.js";
import { closeDialog, dialogView } from "./dialog.js";

/** @typedef {import("../session.js").View} View */

/** @param {View} view */
export function takeDialog(view) {
  const { state, catalogue, ui } = view;
  if (ui.dialog !== "take") return null;
  const { level } = ui.about;
  const { primary, secondary, epic, pools = {} } = state.build?.powersets ?? {};
  const chosen = [primary, secondary, ...Object.keys(pools), epic].filter(Boolean).map((id) => catalogue.powerset(id ?? ""));
  const powersets = chosen.flatMap((set) => (set?.trunk ? [catalogue.powerset(set.trunk), set] : [set]));
  const offers = powersets.map((set) => ({
    set,
    powers: (set?.powers ?? []).filter((power) => power.pick && (power.level ?? 0) <= level && !state.build?.powers?.[power.id]),
  })).filter(({ powers }) => powers.length);
  return dialogView(view, "take", `A power for level ${level}`,
    view.editable && beginningView(view),
    offers.length === 0 && h("p", { class: "hint", key: "none" }, chosen.length
      ? "Everything that your powersets offer at this level is taken. Pools and epic powersets have more."
      : state.build?.archetype ? "The powers of what you choose show here." : "Begin with an archetype and its powersets."),
    h("div", { class: "offers" }, offers.map(({ set, powers }) =>
      h("section", { key: set?.id },
        h("h3", null, set?.name),
        h("ul", { class: "powers" }, powers.map((power) =>
          h("li", { key: power.id }, offerView(view, power, { level, taken: closeDialog }))))))));
}
