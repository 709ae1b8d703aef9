/** The set finder, in the picker: a stat to look for, and how much of it each set that fits gives. */

import { difference } from "../format.js";
import { h } from "../dom.js";
import { selectView } from "./select.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Giving} Giving
 */

/** @param {View} view */
export function finderView({ catalogue, ui, show }) {
  const choices = catalogue.stats
    .filter(({ unit }) => unit !== "per_second") // they follow from others
    .map(({ key, label, group }) => ({ id: key, name: label, group }));
  return h("div", { class: "finder", key: "finder" },
    selectView("Sets that give", ui.about.gives ?? "", choices, "", {
      disabled: false, pending: false, empty: "anything",
      choose: (gives) => show({ about: { ...ui.about, gives } }),
    }));
}

/**
 * What each set that fits a power gives of the stat that is looked for, by the set's id, those that
 * give the most first; null: none is looked for, undefined: not known yet.
 * @param {View} view @param {string} power @returns {Map<string, Giving> | null | undefined}
 */
export function giving({ state, catalogue, ui }, power) {
  if (!ui.about.gives || !state.build?.archetype) return null;
  const found = catalogue.giving(ui.about.gives, state.build.archetype, state.build.level ?? 50, power);
  return found && new Map(found.map((each) => [each.id, each]));
}

/** How much a set gives, and for how many pieces. @param {View} view @param {Giving | undefined} given */
export function givenView({ catalogue, ui }, given) {
  const stat = catalogue.stats.find(({ key }) => key === ui.about.gives);
  return given && stat && h("span", { class: "given", key: "given" },
    `${difference(stat, given.value)} for ${given.pieces}`);
}
