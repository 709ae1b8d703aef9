/** The frame of every dialog: opens over the page, closes by Escape, by its cross or beside it. */

import { h } from "../dom.js";

/** @typedef {import("../session.js").View} View */

/** Close the open dialog: what had the focus before gets it back. */
export function closeDialog() {
  document.querySelector("dialog")?.close();
}

/**
 * @param {Pick<View, "show">} view @param {string} name @param {string} title
 * @param {...import("../dom.js").Content} contents
 */
export function dialogView({ show }, name, title, ...contents) {
  return h("dialog", {
      class: name, key: name, "aria-labelledby": `${name}-title`,
      ref: (/** @type {HTMLDialogElement} */ dialog) => queueMicrotask(() => dialog.isConnected && dialog.showModal()),
      onclose: () => show({ dialog: "", about: {} }),
      onclick: (/** @type {MouseEvent} */ event) => {
        if (event.target === event.currentTarget) closeDialog(); // beside the frame
      },
    },
    h("div", { class: "frame" },
      h("div", { class: "dialog-head" },
        h("h2", { id: `${name}-title` }, title),
        h("button", { class: "plain close", "aria-label": "Close", onclick: closeDialog }, "×")),
      contents));
}
