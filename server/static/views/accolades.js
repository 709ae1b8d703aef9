/** Accolades: which of them the character has, and whether they count. */

import { h } from "../dom.js";
import { underway } from "../state.js";
import { refusalView } from "./refusal.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Power} Power
 */

const POWERSET = "Temporary_Powers.Accolades";

/** @param {View} view */
export function accoladesView(view) {
  const { state, catalogue, ui, show } = view;
  const owned = state.build?.accolades ?? {};
  const chosen = Object.values(owned).filter(Boolean).length;
  const open = Boolean(ui.kept.accolades ?? chosen);
  const powers = open ? catalogue.powerset(POWERSET)?.powers ?? [] : [];
  // The ones that always count come first: they are what most people have.
  const passive = powers.filter((power) => power.type === "Auto" || power.id in owned);
  const others = powers.filter((power) => !passive.includes(power));
  return h("details", {
      class: "extras", key: "accolades", open,
      ontoggle: (/** @type {Event} */ event) =>
        show({ kept: { ...ui.kept, accolades: /** @type {HTMLDetailsElement} */ (event.target).open } }),
    },
    h("summary", null, "Accolades", chosen > 0 && h("span", { class: "badge", key: "count" }, chosen)),
    h("ul", { class: "checks", key: "passive" }, passive.map((power) => accoladeView(view, power))),
    others.length > 0 && h("details", { key: "others" },
      h("summary", { class: "hint" }, "Used by hand"),
      h("ul", { class: "checks" }, others.map((power) => accoladeView(view, power)))),
    refusalView(view, "accolades"));
}

/** @param {View} view @param {Power} power */
function accoladeView({ state, editable, edit }, power) {
  const wanted = underway(state, (one) => one.power === power.id && one.type.endsWith("_accolade"));
  const known = state.build?.accolades?.[power.id];
  const counts = wanted ? wanted.type !== "remove_accolade" : known ?? false;
  return h("li", { key: power.id, class: wanted && "pending" },
    h("label", { class: "check" },
      h("input", {
        type: "checkbox", checked: counts, disabled: !editable,
        onchange: (/** @type {Event} */ event) => {
          const has = /** @type {HTMLInputElement} */ (event.target).checked;
          if (has && known === false) edit({ type: "switch_accolade", power: power.id, on: true }, "accolades");
          else edit({ type: has ? "add_accolade" : "remove_accolade", power: power.id }, "accolades");
        },
      }), power.name));
}
