/** Temporary and prestige powers: taken at no level, and given up at will. */

import { h } from "../dom.js";
import { powerName } from "../words.js";
import { isOn, switchView } from "./power.js";
import { refusalView } from "./refusal.js";
import { selectView } from "./select.js";

/** @typedef {import("../session.js").View} View */

/** The ids of these powers in a build. @param {View} view */
export function temporary({ state }) {
  return Object.keys(state.build?.powers ?? {}).filter((id) => /^(Temporary_Powers|Prestige)\./.test(id));
}

/** @param {View} view */
export function temporaryView(view) {
  const { catalogue, ui, show, editable, edit, pending } = view;
  const taken = temporary(view);
  const open = Boolean(ui.kept.temporary ?? taken.length);
  const offered = open && editable ? catalogue.temporary : [];
  const choices = offered.filter(({ id }) => !taken.includes(id)).map(({ id, name, powerset_name: group }) => ({ id, name, group }));
  return h("details", {
      class: "extras", key: "temporary", open,
      ontoggle: (/** @type {Event} */ event) =>
        show({ kept: { ...ui.kept, temporary: /** @type {HTMLDetailsElement} */ (event.target).open } }),
    },
    h("summary", null, "Temporary powers", taken.length > 0 && h("span", { class: "badge", key: "count" }, taken.length)),
    h("ul", { class: "checks", key: "taken" }, taken.map((id) => takenView(view, id))),
    editable && selectView("Add one", "", choices, "", {
      disabled: false, pending: pending.has("temporary"), empty: "Choose …",
      choose: (power) => power && edit({ type: "take_power", power }, "temporary"),
    }),
    refusalView(view, "temporary"));
}

/** @param {View} view @param {string} id */
function takenView(view, id) {
  const { state, catalogue, editable, edit } = view;
  const power = catalogue.power(id);
  const name = powerName(id, catalogue);
  return h("li", { key: id },
    h("span", null, name),
    h("span", { class: "row" },
      power?.switchable && switchView(view, id, name, isOn(view, id, power, state.build?.powers?.[id] ?? {})),
      editable && h("button", {
        class: "plain", key: "drop", "aria-label": `Give up ${name}`, title: "Give it up",
        onclick: () => edit({ type: "drop_power", power: id }, "temporary"),
      }, "×")));
}
