/** A part of the account's page: what it holds, and what came of what was done there. */

import { h } from "../dom.js";
import { leaveToLogIn } from "../elsewhere.js";

/** @typedef {import("./account.js").Page} Page */

/**
 * A card with a heading. @param {Page} page @param {string} id @param {string} title
 * @param {...import("../dom.js").Content} contents
 */
export function section(page, id, title, ...contents) {
  return h("section", { class: `card ${id}`, key: id, "aria-labelledby": `${id}-title`, "aria-busy": String(page.shown.busy === id) },
    h("h2", { id: `${id}-title` }, title), contents, saidView(page, id));
}

/** What came of something, beside where it was done. @param {Page} page @param {string} id */
export function saidView({ shown: { said, providers, account }, act }, id) {
  const { text = "", bad = false } = said[id] ?? {};
  if (!bad) return h("p", { class: "said", role: "status", key: "said" }, text);
  const [identity] = account?.identities ?? [];
  const asks = said.again?.text === id && identity;
  return h("p", { class: "refusal", role: "alert", key: "bad" }, h("span", null, text),
    asks && h("button", { key: "again", onclick: () => act(id, () => leaveToLogIn(identity.provider, true)) },
      `Log in with ${nameOf(providers, identity.provider)}`));
}

/** The fields of a form that was sent, which stays on the page. @param {SubmitEvent} event */
export function fieldsOf(event) {
  event.preventDefault();
  return new FormData(/** @type {HTMLFormElement} */ (event.target));
}

/** @param {import("../elsewhere.js").Provider[]} known @param {string} id */
export function nameOf(known, id) {
  return known.find((each) => each.id === id)?.name ?? { discord: "Discord", oidc: "OpenID" }[id] ?? id;
}
