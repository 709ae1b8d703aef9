/** Asked before an edit that takes much away: nothing brings it back. */

import { h } from "../dom.js";
import { counted } from "../format.js";
import { closeDialog, dialogView } from "./dialog.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../wire.js").Operation} Operation
 * @typedef {import("../wire.js").TakenPower} TakenPower
 */

/**
 * Edit, but ask first when that gives up powers with what sits in them.
 * @param {View} view @param {Operation} operation @param {string} what  is to be done
 * @param {string[]} powers  that would go with it
 */
export function editIfSure({ state, edit, show }, operation, what, powers) {
  const enhancements = powers.flatMap((id) => slotted(state.build?.powers?.[id] ?? {}));
  if (powers.length + enhancements.length > 1) {
    show({ dialog: "sure", about: { operation, what, powers: powers.length, enhancements: enhancements.length } });
  } else {
    edit(operation);
  }
}

/** The taken powers of a powerset. @param {View} view @param {string} powerset */
export function takenOf({ state }, powerset) {
  return Object.keys(state.build?.powers ?? {}).filter((id) => powerset && id.startsWith(`${powerset}.`));
}

/** @param {TakenPower} taken */
function slotted({ slots = {} }) {
  return Object.values(slots).filter((slot) => slot.enhancement);
}

/** @param {View} view */
export function sureDialog(view) {
  if (view.ui.dialog !== "sure") return null;
  const { operation, what, powers, enhancements } = view.ui.about;
  const lost = [counted(powers, "power"), enhancements > 0 && counted(enhancements, "enhancement")].filter(Boolean);
  return dialogView(view, "sure", `${what}?`,
    h("p", null, `This gives up ${lost.join(" with ")}.`),
    h("div", { class: "answers" },
      h("button", { onclick: closeDialog }, "Keep it"),
      h("button", {
        class: "primary", onclick: () => {
          view.edit(operation);
          closeDialog();
        },
      }, what)));
}
