/** What somebody did, in words: "took Hasten". */

import { counted, plainId } from "./format.js";

/**
 * @typedef {import("./wire.js").Operation} Operation
 * @typedef {import("./wire.js").Build} Build
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 */

/** @param {import("./state.js").Entry} entry @param {Catalogue} catalogue @returns {string} */
export function deed({ operations, before, again, meant, restores, work }, catalogue) {
  if (restores !== undefined) return `went back to revision ${restores}`;
  if (work) return `took back ${counted(work.edits, "edit")} of ${work.name}`;
  if (!again) return done(operations, before, catalogue);
  const verb = again === "undo" ? "took back" : "made again";
  return meant ? `${verb}: ${deed(meant, catalogue)}` : `${verb} an edit`;
}

/** @type {Record<string, string>} */
const WISHES = {
  added: "add", changed: "change", chose: "choose", cleared: "clear", dropped: "drop", gave: "give", left: "leave", moved: "move", named: "name",
  placed: "place", removed: "remove", set: "set", switched: "switch", took: "take", tuned: "tune", wrote: "write",
};

/** The same as something that is wished: "take Hasten". @param {Operation[]} operations @param {Build | null} before @param {Catalogue} catalogue */
export function wish(operations, before, catalogue) {
  const [verb, ...rest] = done(operations, before, catalogue).split(" ");
  return [WISHES[verb] ?? verb, ...rest].join(" ");
}

/**
 * @param {Operation[]} operations of one edit
 * @param {Build | null} before the build that they were applied to
 * @param {Catalogue} catalogue
 */
function done(operations, before, catalogue) {
  if (!operations.length) return "brought the totals up to date";
  const [first, ...others] = operations;
  if (!others.length) return sentence(first, before, catalogue);
  const placed = operations.filter((operation) => operation.enhancement);
  const power = first.power;
  const inOnePower = power && operations.every((operation) => operation.power === power);
  if (inOnePower && placed.length === operations.length) {
    return `placed ${counted(placed.length, "enhancement")} in ${powerName(power, catalogue)}`;
  }
  if (inOnePower) return `changed ${powerName(power, catalogue)} in ${operations.length} places`;
  return `${sentence(first, before, catalogue)} and ${others.length} more`;
}

/** @param {Operation} operation @param {Build | null} before @param {Catalogue} catalogue */
function sentence(operation, before, catalogue) {
  const power = operation.power ? powerName(operation.power, catalogue) : "";
  switch (operation.type) {
    case "set_title": return operation.title ? `named the build “${operation.title}”` : "took the build's name away";
    case "set_level": return `set the level to ${operation.level}`;
    case "set_origin": return `chose the origin ${operation.origin || "none"}`;
    case "set_archetype": return `chose ${archetypeName(operation.archetype, catalogue)}`;
    case "set_powerset":
      return operation.powerset
        ? `chose ${powersetName(operation.powerset, catalogue)} as ${operation.role}`
        : `chose no ${operation.role} powerset`;
    case "add_pool": return `added the pool ${powersetName(operation.powerset, catalogue)}`;
    case "remove_pool": return `gave up the pool ${powersetName(operation.powerset, catalogue)}`;
    case "take_power": return `took ${power}${operation.level ? ` at ${operation.level}` : ""}`;
    case "drop_power": return `dropped ${power}`;
    case "move_power": return `moved ${power} to ${operation.level}`;
    case "add_slot":
      return operation.enhancement
        ? `added a slot with ${enhancementName(operation.enhancement.id, catalogue)} to ${power}`
        : `added a slot to ${power}`;
    case "remove_slot": return `removed a slot of ${power}`;
    case "move_slot": return `moved a slot of ${power} to ${operation.level}`;
    case "place_enhancement": return `placed ${enhancementName(operation.enhancement.id, catalogue)} in ${power}`;
    case "clear_enhancement": {
      const gone = before?.powers?.[operation.power ?? ""]?.slots?.[operation.slot ?? ""]?.enhancement;
      return `took ${gone ? enhancementName(gone.id, catalogue) : "an enhancement"} out of ${power}`;
    }
    case "change_enhancement": return `tuned an enhancement in ${power}`;
    case "switch_power": return `switched ${power} ${operation.on ? "on" : "off"}`;
    case "set_count": return `set ${power} to ${operation.count}`;
    case "switch_proc":
      if (operation.on === undefined) return `left a proc in ${power} to itself`;
      return `switched a proc in ${power} ${operation.on ? "on" : "off"}`;
    case "set_notes": return operation.notes ? "wrote notes" : "cleared the notes";
    case "set_incarnate": return power ? `chose ${power} as ${operation.slot}` : `cleared the ${operation.slot} slot`;
    case "add_accolade": return `added the accolade ${power}`;
    case "remove_accolade": return `removed the accolade ${power}`;
    case "switch_accolade": return `switched ${power} ${operation.on ? "on" : "off"}`;
    case "add_scenario": return `added the scenario ${operation.conditions?.title || operation.scenario}`;
    case "change_scenario": return `changed the scenario ${scenarioName(operation, before)}`;
    case "remove_scenario": return `removed the scenario ${scenarioName(operation, before)}`;
    case "choose_scenario": return `chose the scenario ${scenarioName(operation, before)}`;
    case "set_scenario_power": return `changed ${power} in the scenario ${scenarioName(operation, before)}`;
    default: return "changed the build";
  }
}

/** @param {Operation} operation @param {Build | null} before */
function scenarioName(operation, before) {
  return before?.scenarios?.[operation.scenario]?.title || operation.scenario;
}

/** @param {string} id @param {Catalogue} catalogue */
export function powerName(id, catalogue) {
  return catalogue.power(id)?.name ?? plainId(id);
}

/** @param {string} id @param {Catalogue} catalogue */
export function powersetName(id, catalogue) {
  return catalogue.powerset(id)?.name ?? plainId(id);
}

/** @param {string} id @param {Catalogue} catalogue */
export function archetypeName(id, catalogue) {
  return catalogue.archetypes.find((one) => one.id === id)?.name ?? plainId(id.replace(/^Class_/, ""));
}

/** @param {string} id @param {Catalogue} catalogue */
export function enhancementName(id, catalogue) {
  return catalogue.enhancement(id)?.name ?? plainId(id);
}
