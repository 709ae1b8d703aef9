/** Asked of somebody who opens a session for the first time: a name. */

import { h, render } from "../dom.js";
import { me } from "../identity.js";

/**
 * @param {HTMLElement} root @param {(name: string) => void} join
 * @param {Promise<{build: {title?: string}, used_up?: boolean}>} asked  what the link leads to; a Problem: nowhere
 */
export function joinView(root, join, asked) {
  let joined = false;
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const name = String(new FormData(form).get("name")).trim();
    if (!name) return;
    joined = true;
    join(name);
  };
  /** @param {string} title @param {string} [bad]  why there is nothing to join */
  const draw = (title, bad) => {
    if (joined) return;
    document.title = `${title} · Cohort`;
    render(root, h("main", { class: "start", key: "join" },
      h("h1", { key: "title" }, title),
      bad
        ? h("section", { class: "card", key: "bad" },
            h("p", { role: "alert" }, `${bad} Ask for a new link.`),
            h("a", { class: "button primary", href: "/" }, "To the start page"))
        : h("form", { class: "card", key: "form", onsubmit: submit },
            nameField(me().name),
            h("button", { class: "primary", type: "submit" }, "Join"))));
  };
  draw("Join this build");
  asked.then(({ build, used_up: usedUp }) => {
    if (usedUp) draw("This link lets nobody in", "As many as it was for have come by it.");
    else if (build.title) draw(`Join “${build.title}”`);
  }, ({ status, message }) => {
    if (status === 403 || status === 404) draw("This link leads nowhere", message);
  });
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
