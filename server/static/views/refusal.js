/** Why something was refused, shown where it happened. */

import { classes, h } from "../dom.js";

/** @typedef {import("../session.js").View} View */

/** @param {View} view @param {...string} places  the places on the page that this spot speaks for */
export function refusalView({ state, dismiss }, ...places) {
  return state.refusals
    .filter((refusal) => places.includes(refusal.place))
    .map(({ id, place, code, message }) =>
      h("p", { key: `refusal ${id}`, class: classes("refusal", code === "told" && "notice"), role: "alert" },
        h("span", null, message),
        h("button", { class: "plain", "aria-label": "Dismiss", onclick: () => dismiss(place) }, "×")));
}
