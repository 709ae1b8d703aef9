/** Why something was refused, shown where it happened, or at the top where that is not on the page. */

import { classes, h } from "../dom.js";

/** @typedef {import("../session.js").View} View */

/** @param {View} view @param {...string} places  the places on the page that this spot speaks for */
export function refusalView(view, ...places) {
  for (const place of places) view.spoken.add(place);
  return listed(view, view.state.refusals.filter(({ place }) => places.includes(place)));
}

/** Those that no spot has spoken for: to be called after all others. @param {View} view */
export function unplacedView(view) {
  return listed(view, view.state.refusals.filter(({ place }) => !view.spoken.has(place)));
}

/** @param {View} view @param {View["state"]["refusals"]} refusals */
function listed({ dismiss }, refusals) {
  return refusals.map(({ id, place, code, message }) =>
    h("p", { key: `refusal ${id}`, class: classes("refusal", code === "told" && "notice"), role: "alert" },
      h("span", null, message),
      h("button", { class: "plain", "aria-label": "Dismiss", onclick: () => dismiss(place) }, "×")));
}
