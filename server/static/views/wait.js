/** While something that was asked for is not there yet. */

import { h } from "../dom.js";

/** @type {Record<import("../state.js").State["link"], string>} */
const TEXTS = {
  joining: "This comes when the connection is there.", live: "One moment …",
  away: "This comes when the connection is back.", ended: "This page has no connection to the server any more.",
};

/** @param {import("../session.js").View["state"]} [state] @returns {import("../dom.js").VNode} */
export function waitView(state) {
  return h("p", { class: "hint wait", key: "wait" }, TEXTS[state?.link ?? "live"]);
}
