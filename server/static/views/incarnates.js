/** The incarnate slots: a power for each. */

import { h } from "../dom.js";
import { underway } from "../state.js";
import { powerName } from "../words.js";
import { isOn, switchView } from "./power.js";
import { refusalView } from "./refusal.js";
import { selectView } from "./select.js";

/** @typedef {import("../session.js").View} View */

const SLOTS = ["Alpha", "Judgement", "Interface", "Lore", "Destiny", "Hybrid"];

/** @param {View} view */
export function incarnatesView(view) {
  const { state, ui, show } = view;
  const chosen = Object.keys(state.build?.incarnates ?? {}).length;
  return h("details", {
      class: "extras", key: "incarnates", open: Boolean(ui.kept.incarnates ?? chosen),
      ontoggle: (/** @type {Event} */ event) =>
        show({ kept: { ...ui.kept, incarnates: /** @type {HTMLDetailsElement} */ (event.target).open } }),
    },
    h("summary", null, "Incarnate powers", chosen > 0 && h("span", { class: "badge", key: "count" }, chosen)),
    (ui.kept.incarnates ?? chosen) && SLOTS.map((slot) => slotView(view, slot)),
    refusalView(view, "incarnates"));
}

/** @param {View} view @param {string} name */
function slotView(view, name) {
  const { state, catalogue, editable, edit, pending } = view;
  const slot = name.toLowerCase();
  const wanted = underway(state, (one) => one.type === "set_incarnate" && one.slot === slot);
  const power = wanted?.power ?? state.build?.incarnates?.[slot] ?? "";
  const choices = (catalogue.powerset(`Incarnate.${name}`)?.powers ?? []).map(({ id, name: called }) => ({
    id, name: called, group: called.split(" ")[0],
  }));
  const about = power ? catalogue.power(power) : undefined;
  return h("div", { class: "incarnate", key: slot },
    selectView(name, power, choices, powerName(power, catalogue), {
      disabled: !editable, pending: pending.has("incarnates") && Boolean(wanted), empty: "None",
      choose: (chosen) => edit({ type: "set_incarnate", slot, power: chosen }, "incarnates"),
    }),
    about?.switchable && switchView(view, power, about.name, isOn(view, power, about, state.build?.powers?.[power] ?? {})));
}
