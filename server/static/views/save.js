/** Saving a session's build: as a new build in the library, or as the next version of one. */

import { h } from "../dom.js";
import { callAs, getAs, postAs, saveOf, savedAs, me } from "../identity.js";
import { dialogView } from "./dialog.js";
import { waitView } from "./wait.js";

/** @typedef {import("../session.js").View} View */

/** @type {[string, string][]} */
export const VISIBILITIES = [["private", "Only I see it"], ["unlisted", "Whoever has the link sees it"], ["public", "Everybody finds it"]];

/** @param {View} view */
export async function openSave({ session, show }) {
  const build = saveOf(session);
  show({ dialog: "save", about: { wait: Boolean(build) } });
  if (!build) return;
  try {
    show({ about: { saved: await getAs(`/api/v1/builds/${build}`) } });
  } catch {
    show({ about: {} }); // it was deleted, or is another person's: then this is a new one
  }
}

/** @param {View} view */
export function saveDialog(view) {
  const { state, session, ui, show } = view;
  if (ui.dialog !== "save") return null;
  const { saved, said = "", url = "", busy = false, wait = false } = ui.about;
  /** @param {HTMLFormElement} form @param {boolean} again  as the next version */
  const save = async (form, again) => {
    const fields = new FormData(form);
    const message = String(fields.get("message")).trim();
    const body = { session, ...(message && { message }) };
    show({ about: { ...ui.about, busy: true, said: "" } });
    try {
      const answer = again
        ? await callAs("POST", `/api/v1/builds/${saved.id}/versions`, body, { "If-Match": saved.etag })
        : await postAs(me().name, "/api/v1/builds", {
            ...body, visibility: String(fields.get("visibility") ?? "private"), ...(state.build?.title && { title: state.build.title }),
          });
      savedAs(session, answer.id);
      show({ about: { saved: answer, url: `/b/${answer.id}`, said: `Saved as version ${answer.version} of ${answer.title}.` } });
    } catch (error) {
      const { code, message: sentence } = /** @type {import("../api.js").Problem} */ (error);
      const newest = code === "changed_meanwhile" ? await getAs(`/api/v1/builds/${saved.id}`).catch(() => saved) : saved;
      const advice = code === "changed_meanwhile" ? " Look at it, or save on top of it." : "";
      show({ about: { saved: newest, said: sentence + advice, url: advice && `/b/${saved.id}` } });
    }
  };
  return dialogView(view, "save", "Save this build",
    h("p", { class: "said", role: "status", key: "said" }, said, url && [" ", h("a", { href: url, key: "url" }, "To its page")]),
    wait ? waitView(view.state) : h("form", {
        class: "save-form", key: saved ? "version" : "build",
        onsubmit: (/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
          save(/** @type {HTMLFormElement} */ (event.target), button?.value === "version");
        },
      },
      h("label", { class: "field" }, h("span", null, "What is new about it"),
        h("input", { name: "message", maxlength: 500, autocomplete: "off", placeholder: "First try" })),
      !saved && h("label", { class: "field", key: "visibility" }, h("span", null, "Who sees it"),
        h("select", { name: "visibility" }, VISIBILITIES.map(([value, label]) => h("option", { key: value, value }, label)))),
      h("div", { class: "answers" },
        saved && h("button", { key: "other", type: "submit", value: "build", disabled: busy }, "Save as another build"),
        saved
          ? h("button", { key: "version", class: "primary", type: "submit", value: "version", disabled: busy }, `Save as version ${saved.version + 1}`)
          : h("button", { key: "build", class: "primary", type: "submit", value: "build", disabled: busy }, "Save"))));
}
