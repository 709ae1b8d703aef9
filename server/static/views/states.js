/** States that the build's powers ask for: what attacks leave on oneself and on the foe. */

import { h } from "../dom.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").State} State
 * @typedef {Record<string, any>} Conditions
 */

/** The powers by which a scenario says that one is in these states. @param {State[]} states */
export function ownStates(states) {
  return new Set(states.filter(({ on }) => on === "self").flatMap(({ powers }) => powers));
}

/** How often, or in which level, a scenario has a state; 0: not. @param {State} state @param {Conditions} scenario */
function held({ on, powers }, scenario) {
  if (on === "foe") return scenario.target_has?.[powers[0]] ?? 0;
  const here = scenario.powers ?? {};
  if (powers.length > 1) return powers.findLastIndex((power) => here[power]?.on) + 1;
  return here[powers[0]]?.on ? here[powers[0]].count ?? 1 : 0;
}

/** @param {State} state */
function most({ powers, most: copies = 1 }) {
  return powers.length > 1 ? powers.length : copies;
}

/** What a scenario says of states, in words. @param {State[]} states @param {Conditions} scenario */
export function saidOf(states, scenario) {
  return states.filter((state) => held(state, scenario) > 0).map((state) => {
    const number = most(state) > 1 ? ` ${held(state, scenario)}` : "";
    return `${state.name}${number}${state.on === "foe" ? " on the target" : ""}`;
  });
}

/**
 * @param {View} view @param {string} id @param {State[]} states @param {Conditions} scenario
 * @param {(more: Conditions) => void} change
 */
export function statesView({ editable, edit }, id, states, scenario, change) {
  /** @param {State} state @param {number} many */
  const set = ({ on, powers, ...state }, many) => {
    if (on === "foe") return change({ target_has: { [powers[0]]: many } });
    const wanted = powers.length > 1 ? powers[many - 1] : many && powers[0];
    const others = powers.filter((power) => power !== wanted && scenario.powers?.[power]);
    edit([
      ...others.map((power) => ({ type: "set_scenario_power", scenario: id, power })),
      ...(wanted ? [{
        type: "set_scenario_power", scenario: id, power: wanted, on: true, ...((state.most ?? 1) > 1 ? { count: many } : {}),
      }] : []),
    ], "scenario");
  };
  if (states.length === 0) return null;
  return h("fieldset", { class: "wide states", key: "states" },
    h("legend", null, "States that your powers ask for"),
    states.map((state) => stateView(state, held(state, scenario), editable, (many) => set(state, many))));
}

/** @param {State} state @param {number} many @param {boolean} editable @param {(many: number) => void} set */
function stateView(state, many, editable, set) {
  const label = state.on === "foe" ? `${state.name} on the target` : state.name;
  const key = `${state.on} ${state.powers[0]}`;
  if (most(state) === 1) {
    return h("label", { class: "check", key },
      h("input", {
        type: "checkbox", checked: many > 0, disabled: !editable,
        onchange: (/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.target).checked ? 1 : 0),
      }), label);
  }
  return h("label", { class: "check", key },
    h("input", {
      class: "count", type: "number", min: 0, max: most(state), value: String(many), disabled: !editable, "aria-label": label,
      onchange: (/** @type {Event} */ event) => {
        const input = /** @type {HTMLInputElement} */ (event.target);
        if (input.value !== "" && input.validity.valid) set(Number(input.value));
        else input.value = String(many);
      },
    }), `${label} (up to ${most(state)})`);
}
