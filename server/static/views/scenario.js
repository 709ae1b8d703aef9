/** The scenario: under which conditions the totals are read. */

import { h } from "../dom.js";
import { counted } from "../format.js";
import { newSlot } from "../placing.js";
import { underway } from "../state.js";
import { archetypeName, powerName } from "../words.js";
import { closeDialog, dialogView } from "./dialog.js";
import { refusalView } from "./refusal.js";
import { selectView } from "./select.js";
import { ownStates, saidOf, statesView } from "./states.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {Record<string, any>} Conditions
 * @typedef {{key: string, label: string, min: number, max: number, usual: number, said: (value: number) => string}} Measure
 */

/** Conditions that are numbers; `usual` is what an absent one means. @type {Measure[]} */
const MEASURES = [
  { key: "team", label: "Team size", min: 1, max: 8, usual: 1, said: (n) => `team of ${n}` },
  { key: "foes", label: "Foes in range", min: 0, max: 100, usual: 1, said: (n) => `${n} foes in range` },
  { key: "allies", label: "Allies in range", min: 0, max: 100, usual: 0, said: (n) => `${n} allies in range` },
  { key: "relative_level", label: "Foe's level to yours", min: -4, max: 7, usual: 0, said: (n) => `foes at ${n > 0 ? "+" : "−"}${Math.abs(n)}` },
  { key: "target_health", label: "Target's health, %", min: 1, max: 100, usual: 100, said: (n) => `target at ${n}%` },
  { key: "exemplar", label: "Exemplared to (0: not)", min: 0, max: 50, usual: 0, said: (n) => `exemplared to ${n}` },
  { key: "health", label: "Your health, %", min: 1, max: 100, usual: 100, said: (n) => `${n}% health` },
  { key: "endurance", label: "Your endurance, %", min: 0, max: 100, usual: 100, said: (n) => `${n}% endurance` },
  { key: "activated_s", label: "Seconds since clicks", min: 0, max: 3600, usual: 0, said: (n) => `${n} s after clicks` },
];

/** What an archetype gathers, by what the catalogue calls it. @type {Record<string, Measure>} */
const METERS = Object.fromEntries([["fury", "fury", "Fury"], ["domination", "meter", "Domination"], ["opportunity", "meter", "Opportunity"]]
  .map(([name, key, label]) => [name, { key, label, min: 0, max: 100, usual: 0, said: (/** @type {number} */ n) => `${label} ${n}` }]));
const HIDDEN = 100; // what the meter shows while one is hidden

/** Conditions that hold or not: what they are called, and what is said of one that holds. */
const SWITCHES = [
  ["combat", "In combat", "in combat"], ["target_held", "The target is held", "target held"], ["pvp", "Against players", "PvP"],
];

const RANKS = [
  ["minion", "Minion"], ["lieutenant", "Lieutenant"], ["boss", "Boss"], ["elite_boss", "Elite boss"],
  ["archvillain", "Archvillain"], ["monster", "Monster"],
].map(([id, name]) => ({ id, name }));
const USUAL_RANK = "boss";

/** Which scenario the totals are of. @param {View} view */
export function scenarioView(view) {
  const { state, editable, edit, pending, show } = view;
  const scenarios = state.build?.scenarios ?? {};
  const chosen = underway(state, ({ type }) => type === "choose_scenario")?.scenario ?? state.build?.scenario ?? "solo";
  const choices = Object.entries(scenarios).map(([id, { title }]) => ({ id, name: title || id }));
  const said = conditionsOf(scenarios[chosen] ?? {}, askedOf(view));
  return h("div", { class: "scenario", key: "scenario" },
    selectView("Scenario", chosen, choices, chosen, {
      disabled: !editable, pending: pending.has("choose_scenario"),
      choose: (scenario) => edit({ type: "choose_scenario", scenario }),
    }),
    h("button", {
      key: "conditions", class: !editable && "plain", "aria-label": "Conditions of the scenario", onclick: () => show({ dialog: "conditions", about: {} }),
    }, editable ? "Change …" : "Show …"),
    h("small", { key: "said" }, said.join(" · ") || "nothing is happening"),
    refusalView(view, "scenario", "choose_scenario", "change_scenario", "add_scenario", "remove_scenario"));
}

/** What the build's powers ask for. @param {View} view */
function askedOf({ state, catalogue }) {
  const { states = [], meter = "" } = state.build ? catalogue.asked(state.build) : {};
  return { states, meter };
}

/** The numbers of a scenario, with the meter of this archetype. @param {string} meter */
function measuresWith(meter) {
  return METERS[meter] ? [...MEASURES, METERS[meter]] : MEASURES;
}

/** What a scenario says that is not usual, in words. @param {Conditions} scenario @param {ReturnType<typeof askedOf>} asked */
function conditionsOf(scenario, { states, meter }) {
  const measures = measuresWith(meter).filter(({ key }) => key in scenario).map(({ key, said }) => said(scenario[key]));
  const switches = SWITCHES.filter(([key]) => scenario[key]).map(([, , said]) => said);
  if (meter === "hidden" && scenario.meter) switches.push("hidden");
  const own = ownStates(states);
  const powers = Object.keys(scenario.powers ?? {}).filter((power) => !own.has(power)).length;
  return [...measures, ...switches, ...saidOf(states, scenario), ...(powers ? [`${counted(powers, "power")} set apart`] : [])];
}

/** @param {View} view */
export function scenarioDialog(view) {
  const { state, ui, editable, edit } = view;
  if (ui.dialog !== "conditions" || !state.build) return null;
  const id = underway(state, ({ type }) => type === "choose_scenario")?.scenario ?? state.build.scenario ?? "solo";
  const scenarios = state.build.scenarios ?? {};
  const added = underway(state, (one) => one.type === "add_scenario" && one.scenario === id)?.conditions;
  const changed = underway(state, (one) => one.type === "change_scenario" && one.scenario === id);
  /** @type {Conditions} */
  const scenario = {
    ...scenarios[id], ...added, ...changed, teammates: { ...scenarios[id]?.teammates, ...changed?.teammates },
    target_has: { ...scenarios[id]?.target_has, ...changed?.target_has },
  };
  /** @param {Conditions} more */
  const change = (more) => edit({ type: "change_scenario", scenario: id, ...more }, "scenario");
  const { states, meter } = askedOf(view);
  const others = Object.keys(scenarios).filter((other) => other !== id);
  return dialogView(view, "conditions", `Scenario: ${scenario.title || id}`,
    h("p", { class: "hint", key: "lead" }, "The totals are read under these conditions, for everybody in this session."),
    refusalView(view, "scenario"),
    h("div", { class: "condition-fields offers", key: "conditions" },
      h("label", { class: "field wide", key: `name ${id}` }, h("span", null, "Name"),
        h("input", {
          value: scenario.title ?? "", maxlength: 80, disabled: !editable,
          onchange: (/** @type {Event} */ event) => change({ title: /** @type {HTMLInputElement} */ (event.target).value.trim() }),
        })),
      measuresWith(meter).map((measure) => measureView(measure, scenario, editable, change)),
      selectView("Target's rank", scenario.target_rank ?? USUAL_RANK, RANKS, "", {
        disabled: !editable, pending: false, choose: (rank) => change({ target_rank: rank }),
      }),
      h("div", { class: "wide switches", key: "switches" }, SWITCHES.map(([key, label]) =>
        h("label", { class: "check", key },
          h("input", {
            type: "checkbox", checked: Boolean(scenario[key]), disabled: !editable,
            onchange: (/** @type {Event} */ event) => change({ [key]: /** @type {HTMLInputElement} */ (event.target).checked }),
          }), label)),
        meter === "hidden" && h("label", { class: "check", key: "hidden" },
          h("input", {
            type: "checkbox", checked: scenario.meter > 0, disabled: !editable,
            onchange: (/** @type {Event} */ event) => change({ meter: /** @type {HTMLInputElement} */ (event.target).checked ? HIDDEN : 0 }),
          }), "You are hidden")),
      statesView(view, id, states, scenario, change),
      matesView(view, scenario, change),
      powersView(view, id, scenario, ownStates(states))),
    editable && h("div", { class: "answers", key: "answers" },
      others.length > 0 && h("button", {
        key: "remove", onclick: () => {
          edit([{ type: "choose_scenario", scenario: others[0] }, { type: "remove_scenario", scenario: id }], "scenario");
          closeDialog();
        },
      }, "Remove it"),
      h("button", {
        key: "copy", onclick: () => {
          const copy = newSlot();
          const conditions = { ...scenarios[id], title: `${scenario.title || id}, copy`.slice(0, 80) };
          edit([{ type: "add_scenario", scenario: copy, conditions }, { type: "choose_scenario", scenario: copy }], "scenario");
        },
      }, "New from this one"),
      h("button", { key: "done", class: "primary", onclick: closeDialog }, "Done")));
}

/** @param {Measure} measure @param {Conditions} scenario @param {boolean} editable @param {(more: Conditions) => void} change */
function measureView({ key, label, min, max, usual }, scenario, editable, change) {
  const value = String(scenario[key] ?? usual);
  return h("label", { class: "field", key }, h("span", null, label),
    h("input", {
      type: "number", min, max, value, disabled: !editable,
      onchange: (/** @type {Event} */ event) => {
        const input = /** @type {HTMLInputElement} */ (event.target);
        if (input.value !== "" && input.validity.valid) change({ [key]: Number(input.value) });
        else input.value = value;
      },
    }));
}

/**
 * Teammates whose archetype matters. @param {View} view @param {Conditions} scenario
 * @param {(more: Conditions) => void} change
 */
function matesView({ catalogue, editable }, scenario, change) {
  /** @type {Record<string, number>} */
  const mates = scenario.teammates ?? {};
  const there = Object.entries(mates).filter(([, count]) => count > 0);
  const choices = catalogue.archetypes.filter(({ id }) => !mates[id]);
  return h("div", { class: "wide", key: "mates" },
    there.length > 0 && h("ul", { class: "checks", key: "there" }, there.map(([id, count]) => {
      const name = archetypeName(id, catalogue);
      return h("li", { key: id },
        h("label", { class: "check" },
          h("input", {
            class: "count", type: "number", min: 0, max: 7, value: String(count), disabled: !editable, "aria-label": `Teammates: ${name}`,
            onchange: (/** @type {Event} */ event) => {
              const input = /** @type {HTMLInputElement} */ (event.target);
              if (input.value !== "" && input.validity.valid) change({ teammates: { [id]: Number(input.value) } });
              else input.value = String(count);
            },
          }), name),
        editable && h("button", {
          class: "plain", key: "gone", "aria-label": `No ${name} in the team`, title: "None of them",
          onclick: () => change({ teammates: { [id]: 0 } }),
        }, "×"));
    })),
    editable && selectView("A teammate whose archetype matters", "", choices, "", {
      disabled: false, pending: false, empty: "Choose …",
      choose: (archetype) => archetype && change({ teammates: { [archetype]: 1 } }),
    }));
}

/**
 * Powers that are on or off in this scenario only. @param {View} view @param {string} id @param {Conditions} scenario
 * @param {Set<string>} states  which have fields of their own
 */
function powersView({ state, catalogue, editable, edit }, id, scenario, states) {
  const differ = Object.keys(scenario.powers ?? {}).filter((power) => !states.has(power));
  const granted = state.build ? catalogue.granted(state.build).map((power) => power.id) : [];
  const incarnates = Object.values(state.build?.incarnates ?? {});
  const all = [...new Set([...Object.keys(state.build?.powers ?? {}), ...incarnates, ...granted])];
  const choices = all
    .filter((power) => !differ.includes(power) && catalogue.power(power)?.switchable)
    .map((power) => ({ id: power, name: powerName(power, catalogue) }))
    .sort((a, b) => a.name.localeCompare(b.name));
  return h("div", { class: "wide", key: "powers" },
    differ.length > 0 && h("ul", { class: "checks", key: "differ" }, differ.map((power) => {
      const { on, count } = scenario.powers[power];
      return h("li", { key: power },
        h("label", { class: "check" },
          h("input", {
            type: "checkbox", checked: on ?? false, indeterminate: on === undefined, disabled: !editable,
            onchange: (/** @type {Event} */ event) => edit({
              type: "set_scenario_power", scenario: id, power, on: /** @type {HTMLInputElement} */ (event.target).checked,
              ...(count === undefined ? {} : { count }),
            }, "scenario"),
          }), `${powerName(power, catalogue)} counts`),
        editable && h("button", {
          class: "plain", key: "same", "aria-label": `${powerName(power, catalogue)}: as in the build`, title: "As in the build",
          onclick: () => edit({ type: "set_scenario_power", scenario: id, power }, "scenario"),
        }, "×"));
    })),
    editable && selectView("A power that differs here", "", choices, "", {
      disabled: false, pending: false, empty: "Choose …",
      choose: (power) => power && edit({
        type: "set_scenario_power", scenario: id, power,
        on: !(state.build?.powers?.[power]?.on ?? catalogue.power(power)?.on ?? false),
      }, "scenario"),
    }));
}
