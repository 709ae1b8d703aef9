/** What an owner does with the session: members, links, lock, hand-over, end. Others see who is in it. */

import { isStream } from "../company.js";
import { h } from "../dom.js";
import { counted, listed } from "../format.js";
import { callAs, getAs } from "../identity.js";
import { dialogView } from "./dialog.js";
import { avatarView } from "./header.js";
import { waitView } from "./wait.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {{person: string, name: string, role: string, invitation?: string}} Known  invitation: told to the owner alone
 * @typedef {{id: string, role: string, members: number, used?: number, uses?: number, revoked_at?: number, expires_at?: number}} Link
 * @typedef {object} Managed  what the dialog knows, for as long as it is open
 * @property {Known[] | null} members
 * @property {Link[]} links
 * @property {string} said
 * @property {string} sure  what was pressed that is asked about first: "end", "leave", or a verb and an id
 * @property {boolean} loading
 * @property {View | null} due  it is to be loaded again, for this
 */

/**
 * @typedef {object} Asking  what is asked about, and what is done when that is sure
 * @property {string} sure
 * @property {(what: string) => void} ask
 * @property {(method: string, path: string, body?: object, parting?: string) => void} change  parting: it ends the session for this person
 */

const ROLES = ["editor", "suggester", "viewer"];

/** @param {View} view */
export function openManage(view) {
  /** @type {Managed} */
  const managed = { members: null, links: [], said: "", sure: "", loading: false, due: null };
  view.show({ dialog: "manage", about: { managed } });
  load(view, managed);
}

/** Members, roles or the owner may be others now: an open dialog shows them. @param {View} view */
export function refreshManage(view) {
  if (view.ui.dialog === "manage") load(view, view.ui.about.managed);
}

/** What the server says of members and links, now. @param {View} view @param {Managed} managed */
async function load(view, managed) {
  if (managed.loading) {
    managed.due = view;
    return;
  }
  Object.assign(managed, { loading: true, due: null });
  const { session, state, show } = view;
  const path = `/api/v1/sessions/${session}`;
  try {
    const mayInvite = state.role === "owner" || state.role === "editor";
    const [members, links] = await Promise.all([getAs(`${path}/members`), mayInvite ? getAs(`${path}/invitations`) : []]);
    Object.assign(managed, { members, links });
  } catch (error) {
    Object.assign(managed, { members: [], links: [], said: /** @type {Error} */ (error).message });
  }
  managed.loading = false;
  show({});
  if (managed.due) load(managed.due, managed);
}

/** @param {View} view */
export function manageDialog(view) {
  const { state, session, ui, show } = view;
  if (ui.dialog !== "manage") return null;
  /** @type {Managed} */
  const managed = ui.about.managed;
  const { members, links, said } = managed;
  const owner = state.role === "owner";
  /** @type {Asking} */
  const asking = {
    sure: managed.sure,
    ask: (what) => {
      managed.sure = what;
      show({});
    },
    /** Do something, and show what is then. */
    change: async (method, path, body, parting = "") => {
      Object.assign(managed, { sure: "", said: "" });
      view.part(parting);
      try {
        const answer = await callAs(method, `/api/v1/sessions/${session}${path}`, body);
        if (parting) return; // nothing is ours any more
        if (answer.invitation) managed.said = stillOpen(cameBy(members ?? [], answer.invitation).filter(({ person }) => !path.endsWith(person)).length);
        await load(view, managed);
      } catch (error) {
        view.part("");
        managed.said = /** @type {Error} */ (error).message;
        show({});
      }
    },
  };
  const good = links.filter((link) => !link.revoked_at && !(link.expires_at && link.expires_at < Date.now()));
  return dialogView(view, "manage", "Members",
    h("p", { class: "said", role: "status", key: "said" }, said || (state.locked ? "Locked: nobody edits just now." : "")),
    !members && waitView(state),
    members && h("div", { class: "offers", key: "all" },
      h("ul", { class: "people-list", key: "members" }, members.map((member) => memberView(view, member, asking))),
      good.length > 0 && h("section", { key: "links" },
        h("h3", null, "Links that still let people in"),
        h("ul", { class: "checks" }, good.map((link) => linkView(view, link, members, asking)))),
      owner && h("div", { class: "answers", key: "owner" },
        h("button", { key: "lock", onclick: () => asking.change("PATCH", "", { locked: !state.locked }) }, state.locked ? "Unlock" : "Lock"),
        h("button", { key: "end", onclick: () => asking.ask("end") }, "End the session …"),
        asking.sure === "end" && sureView(asking, "Nobody can open it any more, and nothing brings it back.", "End it for everybody, for good",
          () => asking.change("DELETE", "", undefined, "You ended this session, for everybody."))),
      !owner && h("div", { class: "answers", key: "leave" },
        h("button", { key: "leave", onclick: () => asking.ask("leave") }, "Leave this session …"),
        asking.sure === "leave" && sureView(asking, "You come back only by a link that is still good.", "Leave it",
          () => asking.change("DELETE", `/members/${state.person}`, undefined, "You left this session.")))));
}

/** Who goes with a link. @param {Known[]} members @param {string} link */
function cameBy(members, link) {
  return members.filter(({ invitation, person, role }) => invitation === link && !isStream(person) && role !== "owner");
}

/** @param {number} others  who came by it, too */
function stillOpen(others) {
  const link = "The link that they came by is still good.";
  return others ? `${link} To revoke it removes ${counted(others, "other")}, who came by it, too.` : `${link} Revoke it below, if they are not to come back.`;
}

/** Asked before what cannot be taken back. @param {Asking} asking @param {string} what  would happen @param {string} label @param {() => void} act */
function sureView({ ask }, what, label, act) {
  return h("div", { class: "surely", key: "surely" },
    h("p", { role: "alert" }, what),
    h("button", { key: "no", onclick: () => ask("") }, "Cancel"),
    h("button", { key: "yes", class: "primary", onclick: act }, label));
}

/** @param {View} view @param {Link} link @param {Known[]} members @param {Asking} asking */
function linkView({ state }, link, members, asking) {
  const came = cameBy(members, link.id).map(({ name }) => name);
  const shown = members.some(({ person }) => person === `i${link.id}`); // or was: it is a member like any other
  const people = link.members - (shown ? 1 : 0);
  const usedUp = link.uses !== undefined && (link.used ?? 0) >= link.uses;
  const what = `revoke ${link.id}`;
  return h("li", { key: link.id },
    h("span", null, `To be ${link.role === "editor" ? "an editor" : `a ${link.role}`}`,
      h("small", { key: "by" }, ` · ${counted(people, "person", "people")} came by it`, shown && ", and an overlay", usedUp && ", used up: nobody else joins by it")),
    state.role === "owner" && h("button", { key: "revoke", onclick: () => asking.ask(what) }, came.length ? `Revoke, removes ${came.length} …` : "Revoke …"),
    asking.sure === what && sureView(asking,
      `${came.length ? `${listed(came)} came by this link: without it they are out at once.` : "Nobody is removed."}${shown ? " Its overlay stops." : ""}`,
      came.length ? `Revoke it, and remove ${came.length}` : "Revoke it",
      () => asking.change("DELETE", `/invitations/${link.id}`)));
}

/** @param {View} view @param {Known} member @param {Asking} asking */
function memberView({ state }, { person, name, role }, { sure, ask, change }) {
  const stream = isStream(person);
  const mine = state.role === "owner" && role !== "owner" && !stream;
  const path = `/members/${person}`;
  const [give, remove] = [`give ${person}`, `remove ${person}`];
  return h("li", { key: person },
    avatarView(name, person),
    h("div", null, h("strong", null, name, person === state.person && h("span", { class: "hint", key: "you" }, " (you)")),
      h("small", null, stream ? "an overlay, by a link" : state.present.includes(person) ? "here now" : "not here")),
    !mine && h("span", { class: "chip", key: "role" }, role),
    mine && h("select", {
        key: "roles", value: role, "aria-label": `Role of ${name}`,
        onchange: (/** @type {Event} */ event) => change("PATCH", path, { role: /** @type {HTMLSelectElement} */ (event.target).value }),
      },
      ROLES.map((one) => h("option", { key: one, value: one }, one))),
    mine && h("button", { key: "hand over", title: "They become the owner, you an editor", onclick: () => ask(give) }, "Hand over …"),
    mine && h("button", { key: "kick", "aria-label": `Remove ${name}`, title: "Remove from the session", onclick: () => ask(remove) }, "Remove"),
    sure === give && sureView({ sure, ask, change }, `${name} becomes the owner, and you an editor.`, "Really make them the owner", () => change("PUT", "/owner", { person })),
    sure === remove && sureView({ sure, ask, change }, `${name} is out at once; what they did stays.`, `Remove ${name}`, () => change("DELETE", path)));
}
