/** A power's figures: what one use costs and does, before and after slotting. */

import { classes, h } from "../dom.js";
import { amount } from "../format.js";
import { enhancementName, powerName } from "../words.js";
import { dialogView } from "./dialog.js";
import { waitView } from "./wait.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../wire.js").Figures} Figures
 * @typedef {import("../wire.js").EffectFigure} EffectFigure
 * @typedef {import("../wire.js").PetFigures} PetFigures
 */

/** Attributes whose magnitude is a strength that protection is held against. */
const MEZZES = new Set([
  "Immobilized", "Held", "Stunned", "Sleep", "Terrorized", "Confused", "Afraid", "Knockback", "Knockup", "Repel",
  "Placate", "Taunt", "Avoid", "Teleport", "Untouchable", "Only_Affects_Self", "Intangible",
]);
const DEFENSES = new Set(["Base_Defense", "Melee", "Ranged", "Area", "Smashing", "Lethal", "Fire", "Cold", "Energy", "Negative_Energy", "Psionic", "Toxic"]);
/** What players call an attribute, where the game's word is another. @type {Record<string, string>} */
const NAMES = {
  Area: "AoE", Base_Defense: "All", EnduranceDiscount: "EndRdx", FlyingSpeed: "Fly Speed", Heal_Dmg: "Heal", HitPoints: "Max HP", JumpHeight: "Jump Height",
  JumpingSpeed: "Jump Speed", Negative_Energy: "Negative", Negative_Energy_Dmg: "Negative", PerceptionRadius: "Perception", RechargeTime: "Recharge",
  RunningSpeed: "Run Speed", StealthRadius_PVE: "Stealth", StealthRadius_PVP: "Stealth against players", ThreatLevel: "Threat",
};
const AIMING = new Set(["power.accuracy", "power.accuracy_multiplier", "power.hit_chance"]);
const POINTS = new Set(["Absolute", "Maximum"]); // what is not a share of something

const decimals = new Intl.NumberFormat("en", { maximumFractionDigits: 2, signDisplay: "exceptZero" });
const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

/** @param {View} view */
export function inspectDialog(view) {
  const { catalogue, ui, inspect } = view;
  const { power } = ui.about;
  if (ui.dialog !== "inspect") return null;
  const answer = inspect(power);
  return dialogView(view, "inspect", powerName(power, catalogue),
    !answer && waitView(view.state),
    answer?.type === "refused" && h("p", { class: "refusal", key: "refused" }, answer.message),
    answer?.type === "inspected" && h("div", { class: "offers", key: "figures" }, figuresView(view, power, answer.figures)));
}

/** @param {View} view @param {string} power @param {Figures} figures */
function figuresView(view, power, { power: used, before = {}, after = {}, effects = [], procs = [], pets = [] }) {
  const { catalogue } = view;
  return [
    used !== power && h("p", { class: "hint", key: "used" }, `Does now what ${powerName(used, catalogue)} does.`),
    statsView(view, before, after, effects.some(({ on }) => on === "foe") || !effects.length || procs.length > 0),
    effects.length > 0 && h("section", { key: "effects" }, h("h3", null, "Effects"), effectsView(effects)),
    procs.length > 0 && h("section", { key: "procs" },
      h("h3", null, "Procs"),
      h("ul", { class: "parts" }, procs.map((proc) => h("li", { key: proc.slot, class: classes(proc.on === false && "idle") },
        h("span", null, enhancementName(proc.enhancement, catalogue), proc.on === false && h("small", { key: "off" }, "not counted")),
        h("b", null, [`${plain.format(proc.chance * 100)}%`, proc.damage && `${plain.format(proc.damage)} damage a use`].filter(Boolean).join(" · ")))))),
    pets.map((pet, index) => petView(view, pet, index)),
  ];
}

/**
 * @param {View} view @param {Record<string, number>} before @param {Record<string, number>} after
 * @param {boolean} [aims]  at foes: what is for oneself never misses
 */
function statsView({ catalogue }, before, after, aims = true) {
  const shown = catalogue.powerStats.filter(({ key }) => (after[key] || before[key]) && (aims || !AIMING.has(key)));
  return shown.length > 0 && h("table", { class: "figures", key: "stats" },
    h("thead", null, h("tr", null, h("th", null, "One use"), h("th", null, "Unslotted"), h("th", null, "Now"))),
    h("tbody", null, shown.map((stat) => {
      const was = before[stat.key] ?? 0;
      const is = after[stat.key] ?? 0;
      const better = is < was === Boolean(stat.lower_is_better);
      const moved = Math.abs(is - was) > 5e-5 * Math.max(1, Math.abs(was));
      return h("tr", { key: stat.key },
        h("th", { scope: "row" }, stat.label), h("td", null, amount(stat, was)),
        h("td", { class: classes(moved && (better ? "better" : "worse")) }, amount(stat, is)));
    })));
}

/** Effects that differ in their attribute only are told as one. @param {EffectFigure[]} effects */
function effectsView(effects) {
  /** @type {Map<string, EffectFigure[]>} */
  const alike = new Map();
  for (const effect of effects) {
    const key = JSON.stringify({ ...effect, attribute: kindOf(effect) });
    alike.set(key, [...(alike.get(key) ?? []), effect]);
  }
  return h("ul", { class: "parts" }, [...alike].map(([key, [effect, ...others]]) =>
    h("li", { key },
      h("span", null, namesOf([effect, ...others]), h("small", null, circumstances(effect))),
      h("b", null, magnitude(effect)))));
}

/** @param {EffectFigure} effect */
function kindOf({ attribute, aspect }) {
  if (attribute === "Heal_Dmg") return "";
  if (DEFENSES.has(attribute) && aspect === "Current") return "defense";
  if (attribute.endsWith("_Dmg")) return "damage";
  return MEZZES.has(attribute) ? "mez" : "";
}

/** @param {EffectFigure[]} effects */
function namesOf(effects) {
  const names = [...new Set(effects.map(({ attribute }) => NAMES[attribute] ?? attribute.replace(/_Dmg$/, "").replaceAll("_", " ")))];
  const [{ aspect }] = effects;
  const kind = kindOf(effects[0]);
  const noun = kind === "damage" && aspect === "Resistance" || kind === "mez" || !kind ? "" : ` ${kind}`;
  const told = aspect === "Strength" && kind ? " strength" : aspect === "Resistance" ? " resistance" : "";
  return names.join(", ") + noun + told;
}

/** @param {EffectFigure} effect */
function circumstances({ on, duration_s: duration = 0, chance = 1, ticks = 1, period_s: period = 0, via }) {
  return [
    on === "foe" ? "to the foe" : on === "ally" ? "to allies" : "to oneself",
    duration === null ? "until it ends" : duration > 0 && ticks < 2 && `for ${plain.format(duration)} s`,
    ticks > 1 && `${ticks} times, ${plain.format(period)} s apart`,
    chance < 1 && `${plain.format(chance * 100)}% chance`,
    via && `by ${via.slice(via.lastIndexOf(".") + 1).replaceAll("_", " ")}`,
  ].filter(Boolean).join(" · ");
}

/** @param {EffectFigure} effect */
function magnitude({ attribute, aspect, magnitude: now, before }) {
  const isMez = MEZZES.has(attribute) && aspect === "Current";
  const share = !POINTS.has(aspect) && !isMez;
  /** @param {number} value */
  const told = (value) => {
    const number = share ? `${decimals.format(value * 100)}%` : plain.format(value);
    return (isMez ? `mag ${number}` : number).replace("-", "−");
  };
  return Math.abs(now - before) > 5e-5 ? `${told(before)} → ${told(now)}` : told(now);
}

/** @param {View} view @param {PetFigures} pet @param {number} index */
function petView(view, { name, count = 1, powers = [] }, index) {
  return h("section", { key: `pet ${index}` },
    h("h3", null, count > 1 ? `${name} (${count})` : name),
    powers.map((power, at) => h("details", { key: at },
      h("summary", null, powerName(power.power, view.catalogue)),
      statsView(view, power.before ?? {}, power.after ?? {}),
      effectsView(power.effects ?? []))));
}
