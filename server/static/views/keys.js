/** API keys: for programs of one's own. A key's token is told once. */

import { copied } from "../clipboard.js";
import { h } from "../dom.js";
import { day, moment } from "../format.js";
import { callAs } from "../identity.js";
import { fieldsOf, section } from "./section.js";

/** @typedef {import("./account.js").Page} Page */

/** @type {[string, string, string][]} */
const SCOPES = [
  ["overlay", "Overlay", "see totals"],
  ["read", "Read", "see all you see"],
  ["edit", "Edit", "see and change it"],
];
/** @type {[string, string][]} */
const LASTS = [["2592000", "30 days"], ["31536000", "a year"], ["", "until you revoke it"]];

/** @param {Page} page */
export function keysSection(page) {
  const { shown: { keys, made, busy }, act, show, load } = page;
  /** @param {SubmitEvent} event */
  const create = (event) => {
    const fields = fieldsOf(event);
    const form = /** @type {HTMLFormElement} */ (event.target);
    const name = String(fields.get("name")).trim();
    const lasts = Number(fields.get("expires_in"));
    act("keys", async () => {
      const { token } = await callAs("POST", "/api/v1/account/keys", {
        name, scope: fields.get("scope"), ...(lasts ? { expires_in: lasts } : {}),
      });
      form.reset();
      show({ made: { name, token, copied: false } });
      await load();
    });
  };
  /** @param {import("./account.js").Key} key */
  const revoke = ({ id, name }) => act("keys", async () => {
    await callAs("DELETE", `/api/v1/account/keys/${id}`);
    show({ made: null });
    await load();
    return `The key “${name}” is good for nothing any more.`;
  });
  return section(page, "keys", "API keys",
    h("p", { class: "hint" }, "For programs of your own, such as an overlay or a bot: they send it as ", h("code", null, "Authorization: Bearer …"),
      ". See ", h("a", { href: "/docs" }, "the interface"), "."),
    made && h("div", { class: "made", key: "made", role: "status" },
      h("p", null, `The key “${made.name}” is shown only now. Copy it to where it is used.`),
      h("div", { class: "line" },
        h("input", {
          readonly: true, value: made.token, "aria-label": `The key ${made.name}`,
          onfocus: (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select(),
        }),
        h("button", { class: "primary", onclick: async () => show({ made: { ...made, copied: await copied(made.token) } }) },
          made.copied ? "Copied" : "Copy"))),
    keys.length > 0 && h("ul", { class: "rows", key: "keys" }, keys.map((key) => h("li", { key: key.id },
      h("div", null, h("strong", null, key.name), h("span", { class: "chip", key: "scope" }, SCOPES.find(([scope]) => scope === key.scope)?.[1] ?? key.scope),
        h("small", { key: "used" }, [
          key.used_at ? `last used ${moment(key.used_at)}` : "not used yet",
          key.expires_at && (key.expires_at < Date.now() ? "run out" : `until ${day(key.expires_at)}`),
        ].filter(Boolean).join(" · "))),
      h("button", { disabled: Boolean(busy), "aria-label": `Revoke ${key.name}`, onclick: () => revoke(key) }, "Revoke")))),
    h("form", { class: "stack", key: "new", onsubmit: create },
      h("div", { class: "trio" },
        h("label", { class: "field" }, h("span", null, "What it is for"),
          h("input", { name: "name", required: true, maxlength: 40, autocomplete: "off", placeholder: "Stream overlay" })),
        h("label", { class: "field" }, h("span", null, "May"),
          h("select", { name: "scope" }, SCOPES.map(([scope, , means]) => h("option", { key: scope, value: scope }, means)))),
        h("label", { class: "field" }, h("span", null, "Good for"),
          h("select", { name: "expires_in" }, LASTS.map(([seconds, label]) => h("option", { key: seconds, value: seconds }, label))))),
      h("div", { class: "answers" }, h("button", { type: "submit", disabled: busy === "keys" }, "Make a key"))));
}
