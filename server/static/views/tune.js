/** What sits in a slot, and its level, boosters and form. */

import { h } from "../dom.js";
import { underway } from "../state.js";
import { relative } from "./slot.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("./slot.js").NamedSlot} NamedSlot
 * @typedef {import("../wire.js").SlottedEnhancement} SlottedEnhancement
 */

const BOOSTERS = [0, 1, 2, 3, 4, 5];
const RELATIVE = [3, 2, 1, 0, -1, -2, -3];

/** @param {View} view @param {string} power @param {NamedSlot} slot */
export function tuneView(view, power, slot) {
  const { editable, edit } = view;
  const { enhancement } = slot;
  return h("div", { class: "tune", key: "tune" },
    h("p", { class: "current" },
      enhancement ? h("strong", { key: "name" }, view.catalogue.enhancement(enhancement.id)?.name ?? enhancement.id) : "This slot is empty."),
    h("div", { class: "controls" },
      enhancement && editable && [
        controlsView(view, power, slot.id, enhancement),
        h("button", { key: "clear", onclick: () => edit({ type: "clear_enhancement", power, slot: slot.id }) }, "Clear"),
      ],
      slot.level && slotLevelView(view, power, slot),
      editable && slot.id !== "own" && h("button", {
        key: "remove", onclick: () => {
          view.show({ about: { ...view.ui.about, slot: "own" } });
          edit({ type: "remove_slot", power, slot: slot.id });
        },
      }, "Remove slot")));
}

/** The level at which a slot was added: choosing another one moves it. @param {View} view @param {string} power @param {NamedSlot} slot */
function slotLevelView({ state, catalogue, editable, edit }, power, slot) {
  const moved = underway(state, (one) => one.type === "move_slot" && one.power === power && one.slot === slot.id);
  const level = moved?.level ?? slot.level ?? 0;
  const levels = catalogue.schedule?.slots.map((at) => at.level) ?? [];
  const listed = [...new Set([...levels, level])].sort((a, b) => a - b);
  return h("label", { class: "check", key: "slot level" }, "Slot from",
    h("select", {
        value: String(level), disabled: !editable, "aria-label": "Level of the slot",
        onchange: (/** @type {Event} */ event) =>
          edit({ type: "move_slot", power, slot: slot.id, level: Number(/** @type {HTMLSelectElement} */ (event.target).value) }),
      },
      listed.map((one) => h("option", { key: one, value: String(one) }, one))));
}

/** @param {View} view @param {string} power @param {string} slot @param {SlottedEnhancement} known */
function controlsView(view, power, slot, known) {
  const { state, catalogue, edit } = view;
  const changed = underway(state, (one) => one.type === "change_enhancement" && one.power === power && one.slot === slot);
  const enhancement = { ...known, ...changed };
  const about = catalogue.enhancement(known.id);
  /** @param {object} more */
  const change = (more) => edit({ type: "change_enhancement", power, slot, ...more });
  return [
    about?.levels && about.levels[0] < about.levels[1] && h("label", { class: "check", key: "level" }, "Level",
      h("input", {
        type: "number", class: "short", min: about.levels[0], max: about.levels[1], value: String(enhancement.level ?? ""),
        onchange: (/** @type {Event} */ event) => {
          const input = /** @type {HTMLInputElement} */ (event.target);
          if (input.validity.valid && input.value) change({ level: Number(input.value) });
          else input.value = String(enhancement.level ?? "");
        },
      })),
    about?.boostable && stepsView("Boosters", BOOSTERS, enhancement.boosters ?? 0, (boosters) => change({ boosters })),
    about?.relative && stepsView("Relative level", RELATIVE, enhancement.relative ?? 0, (steps) => change({ relative: steps })),
    about?.form && h("label", { class: "check", key: "attuned" },
      h("input", {
        type: "checkbox", checked: changed?.attuned ?? about.kind === "attuned",
        onchange: (/** @type {Event} */ event) => change({ attuned: /** @type {HTMLInputElement} */ (event.target).checked }),
      }), "Attuned"),
    about?.proc && procView(view, power, slot, known),
  ];
}

/** Whether the proc of what sits here counts. @param {View} view @param {string} power @param {string} slot @param {SlottedEnhancement} known */
function procView({ state, edit }, power, slot, known) {
  const switched = underway(state, (one) => one.type === "switch_proc" && one.power === power && one.slot === slot);
  const on = switched ? switched.on : known.proc;
  return h("label", { class: "check", key: "proc" }, "Proc",
    h("select", {
        value: on === undefined ? "" : String(on), "aria-label": "Whether its proc counts",
        title: "By itself, what comes by chance counts in the power's own figures only, anything else always",
        onchange: (/** @type {Event} */ event) => {
          const { value } = /** @type {HTMLSelectElement} */ (event.target);
          edit({ type: "switch_proc", power, slot, ...(value ? { on: value === "true" } : {}) });
        },
      },
      [["", "by itself"], ["true", "counts"], ["false", "does not count"]].map(([value, label]) =>
        h("option", { key: value, value }, label))));
}

/** @param {string} label @param {number[]} steps @param {number} value @param {(step: number) => void} change */
function stepsView(label, steps, value, change) {
  return h("label", { class: "check", key: label }, label,
    h("select", {
        value: String(value), "aria-label": label,
        onchange: (/** @type {Event} */ event) => change(Number(/** @type {HTMLSelectElement} */ (event.target).value)),
      },
      steps.map((step) => h("option", { key: step, value: String(step) }, step === 0 ? "+0" : relative(step)))));
}
