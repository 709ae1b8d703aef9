/** The totals: every stat in its group, what is capped, and what the last edit changed. */

import { classes, h } from "../dom.js";
import { amount, difference } from "../format.js";
import { COSTS, changedBy, differenceTo, whoseLast } from "./differences.js";
import { overlayButton } from "./overlay.js";
import { scenarioView } from "./scenario.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Stat} Stat
 */

/** Groups that most people look at first; the others are folded. */
const OPEN = new Set(["Defense", "Resistance", "Health", "Endurance", "Offense"]);
const BARS = new Set(["Defense", "Resistance"]);
/** @param {View} view */
export function totalsView(view) {
  /** @type {Map<string, Stat[]>} */
  const groups = new Map();
  for (const stat of view.catalogue.stats) {
    groups.set(stat.group, [...(groups.get(stat.group) ?? []), stat]);
  }
  return h("section", { class: "totals part", tabindex: "-1", "aria-labelledby": "totals", key: "totals" },
    h("h2", { id: "totals" }, "Totals", lastView(view)),
    scenarioView(view),
    [...groups].map(([group, stats]) =>
      h("details", { class: "group", key: group, open: OPEN.has(group) },
        h("summary", null, group, hintView(view, stats)),
        h("dl", null, stats.map((stat) => statView(view, stat))))),
    overlayButton(view));
}

/** Whose edit the differences are from. @param {View} view */
function lastView({ state, preview }) {
  if (preview?.type === "previewed") return h("small", { key: "preview" }, "± if you did that");
  if (!Object.keys(state.changed).length) return null;
  return h("small", { key: "last" }, `± by ${whoseLast(state)} last edit`);
}

/** What a folded group would show. @param {View} view @param {Stat[]} stats */
function hintView({ state }, stats) {
  const changed = stats.filter((stat) => stat.key in state.changed).length;
  return changed > 0 && h("span", { class: "badge", key: `${state.revision}`, title: "Changed by the last edit" }, `${changed} changed`);
}

/**
 * By how much the newest change changed a stat, or what is considered would. The first stays there, covered, so that it does
 * not arrive again.
 * @param {View} view @param {Stat} stat
 */
function changesView({ state, preview }, stat) {
  /** @param {number} by @param {string} key @param {boolean} [covered] */
  const change = (by, key, covered = false) => by !== 0 && h("ins", {
    class: classes(by > 0 === COSTS.has(stat.key) ? "worse" : "better", covered && "covered"), key,
  }, difference(stat, by));
  const considered = preview?.type === "previewed" && differenceTo(state.totals, stat.key, preview.totals[stat.key]);
  return [
    change(changedBy(state, stat.key), `change ${state.revision}`, considered !== false),
    considered !== false && change(considered, "preview"),
  ];
}

/** @param {View} view @param {Stat} stat */
function statView(view, stat) {
  const { state, show } = view;
  const total = state.totals[stat.key];
  if (!total) return null;
  const capped = total.capped < total.value;
  const value = amount(stat, total.capped);
  return h("div", {
      class: classes("stat", capped && "capped", !total.value && "zero"), key: stat.key, "data-stat": stat.key,
      title: capped ? `${amount(stat, total.value)} without the cap of ${value}` : "",
    },
    h("dt", null, h("button", {
      class: "plain", title: "Where this comes from", onclick: () => show({ dialog: "explain", about: { stat: stat.key } }),
    }, stat.label)),
    BARS.has(stat.group) && h("div", { class: "bar", "aria-hidden": "true", key: "bar" },
      h("div", { style: { width: `${Math.min(100, Math.max(0, total.capped * 100))}%` } })),
    h("dd", null,
      changesView(view, stat),
      h("span", { class: "value" }, value),
      capped && h("span", { class: "cap", key: "cap", "aria-label": "at its cap" }, "cap")));
}
