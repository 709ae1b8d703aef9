/** The page of one's account: name, password, ways to log in, keys, one's data, and its end. */

import { h, render } from "../dom.js";
import { leaveToLink, providers } from "../elsewhere.js";
import { day, moment } from "../format.js";
import { beNobody, callAs, getAs, logOut, me, remember } from "../identity.js";
import { dataSection } from "./data.js";
import { keysSection } from "./keys.js";
import { USERNAME } from "./login.js";
import { fieldsOf, nameOf, saidView, section } from "./section.js";

/**
 * @typedef {import("../elsewhere.js").Provider} Provider
 * @typedef {{provider: string, label: string, linked_at: number}} Identity
 * @typedef {{person: string, name: string, role: string, created_at: number, username?: string, identities?: Identity[]}} Account
 * @typedef {{id: string, agent: string, created_at: number, used_at: number, current: boolean}} Login
 * @typedef {{id: string, name: string, scope: string, created_at: number, used_at?: number, expires_at?: number}} Key
 * @typedef {{text: string, bad?: boolean}} Said
 *
 * @typedef {object} Shown
 * @property {Account | null} account  null: not there yet
 * @property {boolean} guest
 * @property {boolean} gone  it was deleted just now
 * @property {Provider[]} providers
 * @property {Login[]} logins
 * @property {Key[]} keys
 * @property {{name: string, token: string, copied: boolean} | null} made  a new key, told once
 * @property {string} linking  the provider that is to be linked, while the password is asked for
 * @property {string} busy  the section that does something
 * @property {Record<string, Said>} said  by section
 *
 * @typedef {object} Page
 * @property {Shown} shown
 * @property {(more: Partial<Shown>) => void} show
 * @property {(section: string, doing: () => Promise<string | void>) => Promise<void>} act  and say what came of it
 * @property {() => Promise<void>} load
 */

/** @param {HTMLElement} root */
export function accountPage(root) {
  /** @type {Shown} */
  let shown = {
    account: null, guest: !me().refresh, gone: false, providers: [], logins: [], keys: [], made: null, linking: "", busy: "", said: {},
  };
  /** @param {Partial<Shown>} more */
  const show = (more) => {
    shown = { ...shown, ...more };
    document.title = "Your account · Cohort";
    render(root, pageView({ shown, show, act, load }));
  };
  /** @type {Page["load"]} */
  const load = async () => {
    const [account, logins, keys] = await Promise.all(
      ["", "/logins", "/keys"].map((part) => getAs(`/api/v1/account${part}`)),
    );
    show({ account, logins, keys });
  };
  /** @type {Page["act"]} */
  const act = async (section, doing) => {
    show({ busy: section, said: {} });
    try {
      const text = await doing();
      show({ busy: "", said: text ? { [section]: { text } } : {} });
    } catch (error) {
      const { status, code, message } = /** @type {import("../api.js").Problem} */ (error);
      if (status === 401) beNobody();
      const again = code === "log_in_again";
      show({
        busy: "", guest: !me().refresh, linking: again ? "" : shown.linking,
        said: { [section]: { text: message, bad: true }, ...(again ? { again: { text: section } } : {}) },
      });
    }
  };
  show({});
  if (!shown.guest) {
    act("page", load);
    providers().then((found) => show({ providers: found }));
  }
}

/** @param {Page} page */
function pageView(page) {
  const { account, guest, gone, said } = page.shown;
  if (gone || guest || !account) {
    const title = gone ? "Your account is deleted" : "Your account";
    const text = gone ? "With everything that was yours alone. Thank you for having been here."
      : guest ? "You are not logged in here. On the start page you can log in, or make an account of what you have as a guest." : "";
    return h("main", { class: "start account", key: "none" }, h("section", { class: "card" },
      h("h1", null, title),
      h("p", { role: "status" }, text || said.page?.text || "One moment …"),
      h("a", { class: "button primary", href: "/" }, "To the start page")));
  }
  return h("main", { class: "start account", key: "account" },
    h("nav", { class: "row" }, h("a", { href: "/" }, "← Start page")),
    h("h1", null, "Your account"),
    h("p", { class: "lead" }, "Logged in as ", h("strong", null, account.name), account.role !== "user" && ` (${account.role})`,
      `, with an account since ${day(account.created_at)}.`),
    saidView(page, "page"),
    nameSection(page, account),
    waysSection(page, account),
    loginsSection(page),
    keysSection(page),
    dataSection(page, account));
}

/** @param {Page} page @param {Account} account */
function nameSection(page, account) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    const name = String(fieldsOf(event).get("name")).trim();
    page.act("name", async () => {
      const changed = await callAs("PATCH", "/api/v1/account", { name });
      remember({ name: changed.name });
      page.show({ account: changed });
      return `You are ${changed.name} now, in all of your sessions and builds.`;
    });
  };
  return section(page, "name", "Name",
    h("form", { class: "line", onsubmit: submit },
      h("label", { class: "field" }, h("span", null, "As others see it"),
        h("input", { name: "name", value: account.name, required: true, maxlength: 40, autocomplete: "nickname" })),
      h("button", { type: "submit", disabled: page.shown.busy === "name" }, "Save")));
}

/** Password and providers. @param {Page} page @param {Account} account */
function waysSection(page, account) {
  const { shown: { providers: known, linking, busy }, act, show, load } = page;
  const identities = account.identities ?? [];
  const others = identities.filter(({ provider }) => !known.some(({ id }) => id === provider));
  const ways = [...known, ...others.map(({ provider }) => ({ id: provider, name: nameOf(known, provider) }))];
  const only = identities.length === 1 && !account.username;
  /** @param {string} provider */
  const link = (provider) => {
    if (account.username) show({ linking: linking === provider ? "" : provider, said: {} });
    else act("ways", () => leaveToLink(provider, ""));
  };
  /** @param {Provider} way */
  const unlink = ({ id, name }) => act("ways", async () => {
    await callAs("DELETE", `/api/v1/account/identities/${encodeURIComponent(id)}`);
    await load();
    return `You do not log in with ${name} any more.`;
  });
  return section(page, "ways", "How you log in",
    h("ul", { class: "rows" },
      h("li", { key: "password" },
        h("div", null, h("strong", null, "Password"),
          h("small", { key: "about" }, account.username ? `as ${account.username}` : "none yet"))),
      ways.map((way) => {
        const identity = identities.find(({ provider }) => provider === way.id);
        return h("li", { key: way.id },
          h("div", null, h("strong", null, way.name),
            h("small", { key: "about" }, identity ? `${identity.label ? `as ${identity.label}, ` : ""}since ${day(identity.linked_at)}${only ? ": your only way in" : ""}` : "not linked")),
          identity
            ? h("button", {
                key: "unlink", disabled: Boolean(busy) || only, "aria-label": `Unlink ${way.name}`,
                title: only ? "Choose a password first" : null, onclick: () => unlink(way),
              }, "Unlink")
            : h("button", {
                key: "link", disabled: Boolean(busy), "aria-label": `Link ${way.name}`, onclick: () => link(way.id),
                ...(account.username ? { "aria-expanded": String(linking === way.id) } : {}),
              }, "Link"));
      })),
    linking && h("form", {
        class: "line", key: "linking", onsubmit: (/** @type {SubmitEvent} */ event) => {
          const password = String(fieldsOf(event).get("password"));
          act("ways", () => leaveToLink(linking, password));
        },
      },
      h("label", { class: "field" }, h("span", null, "Your password, to show that it is you"),
        h("input", {
          name: "password", type: "password", required: true, autocomplete: "current-password",
          ref: (/** @type {HTMLElement} */ input) => queueMicrotask(() => input.focus()),
        })),
      h("button", { type: "submit", class: "primary", disabled: busy === "ways" }, `Go on to ${nameOf(known, linking)}`)),
    h("details", { key: account.username ? "change" : "choose" },
      h("summary", null, account.username ? "Change your password" : "Choose a password"),
      passwordForm(page, account)));
}

/** @param {Page} page @param {Account} account */
function passwordForm(page, account) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    const fields = fieldsOf(event);
    const form = /** @type {HTMLFormElement} */ (event.target);
    page.act("ways", async () => {
      await callAs("PUT", "/api/v1/account/password", Object.fromEntries(fields));
      form.reset();
      form.closest("details")?.removeAttribute("open");
      await page.load();
      return "Your password is set. Your other logins have ended.";
    });
  };
  return h("form", { class: "stack", onsubmit: submit },
    account.username
      ? [
          // For password managers, which keep the name beside the password.
          h("input", { key: "username", class: "hidden", autocomplete: "username", value: account.username, readonly: true, tabIndex: -1, "aria-hidden": "true" }),
          h("label", { class: "field", key: "password" }, h("span", null, "Password until now"),
            h("input", { name: "password", type: "password", required: true, autocomplete: "current-password" })),
        ]
      : h("label", { class: "field", key: "name" }, h("span", null, "Username, to go with it"),
          h("input", { name: "username", required: true, autocomplete: "username", autocapitalize: "none", spellcheck: "false", ...USERNAME })),
    h("label", { class: "field", key: "new" }, h("span", null, "New password: at least 8 characters; a few words are best"),
      h("input", { name: "new", type: "password", required: true, minlength: 8, maxlength: 128, autocomplete: "new-password" })),
    h("div", { class: "answers", key: "do" },
      h("button", { type: "submit", class: "primary", disabled: page.shown.busy === "ways" }, account.username ? "Change it" : "Choose it")));
}

/** @param {Page} page */
function loginsSection(page) {
  const { shown: { logins, busy }, act, load } = page;
  /** @param {Login} login */
  const end = (login) => act("logins", async () => {
    await callAs("DELETE", `/api/v1/account/logins/${login.id}`);
    await load();
    return "That login has ended.";
  });
  /** @param {boolean} everywhere */
  const leave = (everywhere) => act("logins", async () => {
    await logOut(everywhere);
    location.assign("/");
  });
  return section(page, "logins", "Where you are logged in",
    h("ul", { class: "rows" }, logins.map((login) => h("li", { key: login.id },
      h("div", null, h("strong", null, device(login.agent)), login.current && h("span", { class: "chip", key: "here" }, "here"),
        h("small", { key: "used" }, login.current ? `since ${day(login.created_at)}` : `last used ${moment(login.used_at)}`)),
      !login.current && h("button", { key: "end", disabled: Boolean(busy), "aria-label": `Log out ${device(login.agent)}`, onclick: () => end(login) }, "Log out")))),
    h("div", { class: "answers", key: "do" },
      h("button", { disabled: Boolean(busy), onclick: () => leave(false) }, "Log out here"),
      h("button", { disabled: Boolean(busy), onclick: () => leave(true) }, "Log out everywhere")));
}

/** What a browser calls itself, in two words. @param {string} agent */
function device(agent) {
  const browser = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]]
    .find(([mark]) => agent.includes(mark))?.[1];
  const system = [["Android", "Android"], ["iPhone", "an iPhone"], ["iPad", "an iPad"], ["Windows", "Windows"], ["Mac OS", "a Mac"], ["Linux", "Linux"]]
    .find(([mark]) => agent.includes(mark))?.[1];
  return browser ? [browser, system].filter(Boolean).join(" on ") : agent.split("/")[0].trim() || "Something unnamed";
}
