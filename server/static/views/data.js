/** One's data: to take along, and to delete with the account. */

import { h } from "../dom.js";
import { beNobody, callAs, getAs } from "../identity.js";
import { fieldsOf, section } from "./section.js";

/**
 * @typedef {import("./account.js").Page} Page
 * @typedef {import("./account.js").Account} Account
 */

/** @param {Page} page @param {Account} account */
export function dataSection(page, account) {
  const { shown: { busy }, act, show } = page;
  const download = () => act("data", async () => {
    save(await getAs("/api/v1/account/export"), `cohort-${account.username ?? account.person}.json`);
    return "Your browser keeps the file where it keeps downloads.";
  });
  /** @param {SubmitEvent} event */
  const leave = (event) => {
    const password = String(fieldsOf(event).get("password") ?? "");
    act("data", async () => {
      await callAs("POST", "/api/v1/account/deletion", { password });
      beNobody();
      show({ gone: true });
      window.scrollTo(0, 0);
    });
  };
  return section(page, "data", "Your data",
    h("p", { class: "hint" }, "All that is here of you, as one file: your account, sessions, builds with their versions, and what was noted about your account."),
    h("div", { class: "answers" }, h("button", { disabled: Boolean(busy), onclick: download }, "Download it")),
    h("details", { class: "danger", key: "delete" },
      h("summary", null, "Delete your account"),
      h("p", null, "For good. Nobody can bring it back."),
      h("ul", { class: "means" },
        h("li", null, h("strong", null, "Your saved builds"), " are deleted with all versions. Forks that others made stay theirs."),
        h("li", null, h("strong", null, "Your sessions"), " go to the editor who has been there longest. Where nobody else may edit, they end."),
        h("li", null, h("strong", null, "What you did in others’ sessions"), " stays, and your name there becomes “someone”."),
        h("li", null, h("strong", null, "Keys and logins"), " stop working at once. Your username is free for others.")),
      h("form", { class: "stack", onsubmit: leave },
        account.username && h("label", { class: "field", key: "password" }, h("span", null, "Your password"),
          h("input", { name: "password", type: "password", required: true, autocomplete: "current-password" })),
        h("label", { class: "check" }, h("input", { type: "checkbox", required: true }), "I want this, and have downloaded what I want to keep."),
        h("div", { class: "answers" },
          h("button", { type: "submit", class: "dangerous", disabled: Boolean(busy) }, "Delete my account")))));
}

/** @param {object} data @param {string} name */
function save(data, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // the download has begun by then
}
