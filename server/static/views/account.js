/** On the start page: sign up, log in, keep what one has as a guest, log out. */

import { h } from "../dom.js";
import { logIn, logOut, me, register } from "../identity.js";
import { closeDialog, dialogView } from "./dialog.js";

/** @typedef {{kind: "" | "log in" | "sign up", busy: boolean, problem: string}} Account */

/** @type {Account} */
export const CLOSED = { kind: "", busy: false, problem: "" };

/** Who this browser is, and what one can do about it. @param {(account: Account) => void} show */
export function accountLine(show) {
  const { name, token, refresh } = me();
  /** @param {Account["kind"]} kind */
  const open = (kind) => () => show({ ...CLOSED, kind });
  if (refresh) {
    return h("p", { class: "account", key: "account" },
      h("span", null, "Logged in as ", h("strong", null, name)),
      h("button", { type: "button", class: "plain", onclick: () => logOut().finally(() => location.reload()) }, "Log out"));
  }
  return h("p", { class: "account", key: "account" },
    h("button", { type: "button", class: "plain", onclick: open("log in") }, "Log in"),
    h("button", { type: "button", class: "plain", onclick: open("sign up") }, token ? "Keep this as my account" : "Sign up"));
}

/** @param {Account} account @param {(account: Account) => void} show */
export function accountDialog(account, show) {
  if (!account.kind) return null;
  const signsUp = account.kind === "sign up";
  const guest = me().token;
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [username, password] = ["username", "password"].map((field) => String(form.get(field)));
    show({ ...account, busy: true, problem: "" });
    try {
      await (signsUp ? register(username.trim(), password) : logIn(username.trim(), password));
      location.reload();
    } catch (error) {
      show({ ...account, busy: false, problem: /** @type {Error} */ (error).message });
    }
  };
  const title = !signsUp ? "Log in" : guest ? "Keep this as my account" : "Sign up";
  return dialogView({ show: () => show(CLOSED) }, "account-dialog", title,
    h("form", { class: "account-form", "aria-busy": account.busy, onsubmit: submit },
      signsUp && guest && h("p", null, "Your builds and sessions stay yours, on every device where you log in."),
      h("label", { class: "field" },
        h("span", null, "Username"),
        h("input", {
          name: "username", required: true, autocomplete: "username", autocapitalize: "none", spellcheck: "false",
          ...(signsUp ? { minlength: 3, maxlength: 32, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", title: "Letters, digits, dots, dashes and _" } : {}),
        })),
      h("label", { class: "field" },
        h("span", null, signsUp ? "Password: at least 8 characters; a few words are best" : "Password"),
        h("input", {
          name: "password", type: "password", required: true, ...(signsUp ? { minlength: 8, maxlength: 128 } : {}),
          autocomplete: signsUp ? "new-password" : "current-password",
        })),
      account.problem && h("p", { class: "refusal", role: "alert", key: "problem" }, account.problem),
      h("button", { class: "primary", type: "submit", disabled: account.busy },
        account.busy ? "One moment …" : title),
      h("button", { type: "button", class: "plain", onclick: closeDialog }, "Cancel")));
}
