/** Inviting: a link to edit, to suggest, or to watch. */

import { copied } from "../clipboard.js";
import { h } from "../dom.js";
import { me, postAs } from "../identity.js";
import { dialogView } from "./dialog.js";

/** @typedef {import("../session.js").View} View */

/** @type {[string, string, string][]} */
const KINDS = [
  ["editor", "Link to edit", "Whoever has it can change this build."],
  ["suggester", "Link to suggest", "Whoever has it proposes changes, which those who edit take or decline."],
  ["viewer", "Link to watch", "Whoever has it sees the build and every change, and changes nothing."],
];

const COPIED = "Copied. Send it to those who should join.";
const COPY = "Copy this link and send it to those who should join:";

/** @param {View} view */
export function inviteDialog(view) {
  const { state, session, ui, show } = view;
  if (ui.dialog !== "invite") return null;
  const { url = "", kind = "", said = "" } = ui.about;
  /** @param {string} role */
  const create = async (role) => {
    show({ about: { kind: role, said: "One moment …" } });
    try {
      const made = await postAs(me().name, `/api/v1/sessions/${session}/invitations`, { role });
      const link = new URL(made.url, location.href).href;
      show({ about: { kind: role, url: link, said: (await copied(link)) ? COPIED : COPY } });
    } catch (error) {
      show({ about: { kind: role, said: /** @type {Error} */ (error).message } });
    }
  };
  // An editor may only let people watch.
  const kinds = KINDS.filter(([role]) => state.role === "owner" || role === "viewer");
  return dialogView(view, "invite", "Invite others",
    kinds.map(([role, label, means]) =>
      h("div", { class: "kind", key: role },
        h("button", { class: "primary", onclick: () => create(role) }, `Copy ${label.toLowerCase()}`),
        h("p", { class: "hint" }, means))),
    h("button", { class: "plain", key: "overlay", onclick: () => show({ dialog: "overlay", about: {} }) }, "Overlay for a stream, with live totals …"),
    h("p", { role: "status", class: "said" }, said),
    url && h("input", {
      key: "url", readonly: true, value: url, "aria-label": `${KINDS.find(([role]) => role === kind)?.[1]}`,
      onfocus: (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select(),
    }));
}
