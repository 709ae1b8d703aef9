/** Asked of somebody who opens a session for the first time: a name. */

import { h, render } from "../dom.js";
import { me } from "../identity.js";

/** @param {HTMLElement} root @param {(name: string) => void} join */
export function joinView(root, join) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const name = String(new FormData(form).get("name")).trim();
    if (name) join(name);
  };
  document.title = "Join · Cohort";
  render(root, h("main", { class: "start", key: "join" },
    h("h1", null, "Join this build"),
    h("form", { class: "card", onsubmit: submit },
      nameField(me().name),
      h("button", { class: "primary", type: "submit" }, "Join"))));
}

/** @param {string} name */
export function nameField(name) {
  return h("label", { class: "field" },
    h("span", null, "Your name, as the others see it"),
    h("input", {
      name: "name", value: name, required: true, maxlength: 40, autocomplete: "nickname", placeholder: "Nova",
      ref: (/** @type {HTMLInputElement} */ input) => queueMicrotask(() => input.focus()),
    }));
}
