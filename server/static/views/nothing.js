/** An address that leads to nothing. */

import { h, render } from "../dom.js";

/** @param {HTMLElement} root */
export function nothingPage(root) {
  document.title = "Nothing here · Cohort";
  render(root, h("main", { class: "start", key: "nothing" }, h("section", { class: "card" },
    h("h1", null, "There is nothing here"),
    h("p", null, "Look at the address again: a part of the link may be missing."),
    h("a", { class: "button primary", href: "/" }, "To the start page"))));
}
