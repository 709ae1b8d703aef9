/** Where a login provider sends the browser back to. */

import { h, render } from "../dom.js";
import { comeBack } from "../elsewhere.js";

/** @param {HTMLElement} root @param {string} provider */
export async function backPage(root, provider) {
  document.title = "Log in · Cohort";
  render(root, h("main", { class: "start", key: "back" }, h("p", { class: "waiting", role: "status" }, "Logging you in …")));
  try {
    location.replace(await comeBack(provider));
  } catch (error) {
    render(root, h("main", { class: "start", key: "stayed" }, h("section", { class: "card" },
      h("h1", null, "That did not work"),
      h("p", { role: "alert" }, /** @type {Error} */ (error).message),
      h("a", { class: "button primary", href: "/" }, "To the start page"),
      h("a", { class: "button", href: "/account" }, "To your account"))));
  }
}
