/** What an owner does with the session: members, links, lock, hand-over, end. Others see who is in it. */

import { h } from "../dom.js";
import { callAs, getAs } from "../identity.js";
import { counted } from "../format.js";
import { closeDialog, dialogView } from "./dialog.js";
import { avatarView } from "./header.js";
import { waitView } from "./wait.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {{person: string, name: string, role: string}} Known
 * @typedef {{id: string, role: string, members: number, used?: number, uses?: number, revoked_at?: number, expires_at?: number}} Link
 * @typedef {object} Managed  what the dialog knows, for as long as it is open
 * @property {Known[] | null} members
 * @property {Link[]} links
 * @property {string} said
 * @property {string} sure  what was pressed that is asked about first: a person who gets the session, or "end"
 */

const ROLES = ["editor", "suggester", "viewer"];

/** @param {View} view */
export function openManage(view) {
  /** @type {Managed} */
  const managed = { members: null, links: [], said: "", sure: "" };
  view.show({ dialog: "manage", about: { managed } });
  load(view, managed);
}

/** What the server says of members and links, now. @param {View} view @param {Managed} managed @param {string} [said] */
async function load({ session, state, show }, managed, said = "") {
  const path = `/api/v1/sessions/${session}`;
  try {
    const mayInvite = state.role === "owner" || state.role === "editor";
    const [members, links] = await Promise.all([getAs(`${path}/members`), mayInvite ? getAs(`${path}/invitations`) : []]);
    Object.assign(managed, { members, links, said });
  } catch (error) {
    Object.assign(managed, { members: [], links: [], said: /** @type {Error} */ (error).message });
  }
  show({});
}

/** @param {View} view */
export function manageDialog(view) {
  const { state, session, ui, show } = view;
  if (ui.dialog !== "manage") return null;
  /** @type {Managed} */
  const managed = ui.about.managed;
  const { members, links, said, sure } = managed;
  /** @param {string} what  is asked about */
  const ask = (what) => {
    managed.sure = what;
    show({});
  };
  const owner = state.role === "owner";
  /** Do something, and show what is then. @param {string} method @param {string} path @param {object} [body] */
  const change = async (method, path, body) => {
    managed.sure = "";
    try {
      const answer = await callAs(method, `/api/v1/sessions/${session}${path}`, body);
      if (method === "DELETE" && ["", `/members/${state.person}`].includes(path)) closeDialog(); // nothing is ours any more
      else await load(view, managed, answer.invitation ? "Their link still lets them in: revoke it below." : "");
    } catch (error) {
      managed.said = /** @type {Error} */ (error).message;
      show({});
    }
  };
  const good = links.filter((link) => !link.revoked_at && !(link.expires_at && link.expires_at < Date.now()));
  return dialogView(view, "manage", "Members",
    h("p", { class: "said", role: "status", key: "said" }, said || (state.locked ? "Locked: nobody edits just now." : "")),
    !members && waitView(state),
    members && h("div", { class: "offers", key: "all" },
      h("ul", { class: "people-list", key: "members" }, members.map((member) => memberView(view, member, sure === member.person, change, ask))),
      good.length > 0 && h("section", { key: "links" },
        h("h3", null, "Links that still let people in"),
        h("ul", { class: "checks" }, good.map((link) => h("li", { key: link.id },
          h("span", null, `To be ${link.role === "editor" ? "an editor" : `a ${link.role}`}`,
            h("small", { key: "by" }, ` · ${counted(link.members, "person", "people")} came by it`,
              link.uses !== undefined && (link.used ?? 0) >= link.uses && ", used up: it only lets look on")),
          owner && h("button", { key: "revoke", onclick: () => change("DELETE", `/invitations/${link.id}`) }, "Revoke"))))),
      owner && h("div", { class: "answers", key: "owner" },
        h("button", { key: "lock", onclick: () => change("PATCH", "", { locked: !state.locked }) }, state.locked ? "Unlock" : "Lock"),
        sure === "end"
          ? h("button", { key: "end surely", class: "primary", onclick: () => change("DELETE", "") }, "End it for everybody, for good")
          : h("button", { key: "end", onclick: () => ask("end") }, "End the session …")),
      !owner && h("div", { class: "answers", key: "leave" },
        h("button", { onclick: () => change("DELETE", `/members/${state.person}`) }, "Leave this session"))));
}

/**
 * @param {View} view @param {Known} member @param {boolean} handing  whether they are to get the session is asked about
 * @param {(method: string, path: string, body?: object) => void} change @param {(what: string) => void} ask
 */
function memberView({ state }, { person, name, role }, handing, change, ask) {
  const mine = state.role === "owner" && role !== "owner";
  const path = `/members/${person}`;
  return h("li", { key: person },
    avatarView(name, person),
    h("div", null, h("strong", null, name, person === state.person && h("span", { class: "hint", key: "you" }, " (you)")),
      h("small", null, state.present.includes(person) ? "here now" : "not here")),
    !mine && h("span", { class: "chip", key: "role" }, role),
    mine && h("select", {
        key: "roles", value: role, "aria-label": `Role of ${name}`,
        onchange: (/** @type {Event} */ event) => change("PATCH", path, { role: /** @type {HTMLSelectElement} */ (event.target).value }),
      },
      ROLES.map((one) => h("option", { key: one, value: one }, one))),
    mine && h("button", {
      key: "hand over", class: handing && "primary", title: "They become the owner, you an editor",
      onclick: () => (handing ? change("PUT", "/owner", { person }) : ask(person)),
    }, handing ? "Really make them the owner" : "Hand over …"),
    mine && h("button", { key: "kick", "aria-label": `Remove ${name}`, title: "Remove from the session", onclick: () => change("DELETE", path) }, "Remove"));
}
