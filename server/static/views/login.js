/** On the start page: who this browser is; sign up, log in, keep what one has as a guest. */

import { h } from "../dom.js";
import { leaveToLogIn } from "../elsewhere.js";
import { logIn, logOut, me, register, takeOver } from "../identity.js";
import { closeDialog, dialogView } from "./dialog.js";

/**
 * @typedef {import("../elsewhere.js").Provider} Provider
 * @typedef {{kind: "" | "log in" | "sign up" | "take over", busy: boolean, problem: string, providers: Provider[]}} Login
 */

/** @type {Login} */
export const CLOSED = { kind: "", busy: false, problem: "", providers: [] };

/** Who this browser is, and what one can do about it. @param {(kind: Login["kind"]) => void} open */
export function loginLine(open) {
  const { name, token, refresh, guest } = me();
  if (refresh) {
    return h("p", { class: "account-line", key: "account" },
      h("span", null, "Logged in as ", h("strong", null, name)),
      guest && h("button", { type: "button", class: "plain", key: "take over", onclick: () => open("take over") }, `Take over what you did as ${guest.name}`),
      h("a", { class: "button plain", href: "/account" }, "Your account"),
      h("button", { type: "button", class: "plain", onclick: () => logOut().finally(() => location.reload()) }, "Log out"));
  }
  return h("p", { class: "account-line", key: "account" },
    h("button", { type: "button", class: "plain", onclick: () => open("log in") }, "Log in"),
    h("button", { type: "button", class: "plain", onclick: () => open("sign up") }, token ? "Keep this as my account" : "Sign up"));
}

/** @param {Login} login @param {(more: Partial<Login>) => void} show */
export function loginDialog(login, show) {
  if (!login.kind) return null;
  /** @param {() => Promise<void>} doing */
  const attempt = async (doing) => {
    show({ busy: true, problem: "" });
    try {
      await doing();
    } catch (error) {
      show({ busy: false, problem: /** @type {Error} */ (error).message });
    }
  };
  if (login.kind === "take over") return takeOverDialog(login, show, attempt);
  const signsUp = login.kind === "sign up";
  const guest = me().token;
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [username, password] = ["username", "password"].map((field) => String(form.get(field)));
    attempt(async () => {
      await (signsUp ? register(username.trim(), password) : logIn(username.trim(), password));
      location.reload();
    });
  };
  const title = !signsUp ? "Log in" : guest ? "Keep this as my account" : "Sign up";
  return dialogView({ show: () => show(CLOSED) }, "account-dialog", title,
    h("form", { class: "account-form", "aria-busy": login.busy, onsubmit: submit },
      signsUp && guest && h("p", { key: "stay" }, "Your builds and sessions stay yours, on every device where you log in."),
      !signsUp && guest && h("p", { key: "waits" }, "For an account that you have already. What you made here as a guest waits: once you are logged in, you can take it over."),
      login.providers.map(({ id, name }, index) =>
        h("button", { key: id, type: "button", autofocus: index === 0, class: `provider ${id}`, disabled: login.busy, onclick: () => attempt(() => leaveToLogIn(id)) },
          `${signsUp ? "Go on" : "Log in"} with ${name}`)),
      login.providers.length > 0 && h("p", { class: "or", key: "or" }, "or with a password"),
      h("label", { class: "field", key: "username" },
        h("span", null, "Username"),
        h("input", {
          name: "username", required: true, autofocus: login.providers.length === 0, autocomplete: "username", autocapitalize: "none", spellcheck: "false",
          ...(signsUp ? USERNAME : {}),
        })),
      h("label", { class: "field", key: "password" },
        h("span", null, signsUp ? "Password: at least 8 characters; a few words are best" : "Password"),
        h("input", {
          name: "password", type: "password", required: true, ...(signsUp ? { minlength: 8, maxlength: 128 } : {}),
          autocomplete: signsUp ? "new-password" : "current-password",
        })),
      login.problem && h("p", { class: "refusal", role: "alert", key: "problem" }, login.problem),
      h("button", { key: "submit", class: "primary", type: "submit", disabled: login.busy },
        login.busy ? "One moment …" : title),
      h("button", { key: "cancel", type: "button", class: "plain", onclick: closeDialog }, "Cancel")));
}

/**
 * Whether the account is to be where the guest was, who one was before.
 * @param {Login} login @param {(more: Partial<Login>) => void} show @param {(doing: () => Promise<void>) => void} attempt
 */
function takeOverDialog(login, show, attempt) {
  const { name, guest } = me();
  const take = () => attempt(async () => {
    await takeOver();
    location.reload();
  });
  return dialogView({ show: () => show(CLOSED) }, "account-dialog", `Take over what you did as ${guest?.name ?? "a guest"}?`,
    h("p", null, `${name} will be in the sessions of this guest instead, and the owner of what the guest saved. For good: the guest is nowhere any more. What the guest changed in a session stays in its history as the guest's.`),
    login.problem && h("p", { class: "refusal", role: "alert", key: "problem" }, login.problem),
    h("div", { class: "answers", "aria-busy": login.busy },
      h("button", { type: "button", onclick: closeDialog }, "Not now"),
      h("button", { type: "button", class: "primary", disabled: login.busy, onclick: take }, login.busy ? "One moment …" : "Take it over")));
}

/** What a new username may be. */
export const USERNAME = { minlength: 3, maxlength: 32, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", title: "Letters, digits, dots, dashes and _" };
