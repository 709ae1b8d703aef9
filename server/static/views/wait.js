/** While something that was asked for is not there yet. */

import { h } from "../dom.js";

/** @param {import("../session.js").View["state"]} [state] @returns {import("../dom.js").VNode} */
export function waitView(state) {
  const text = state && state.link !== "live" ? "This comes when the connection is back." : "One moment …";
  return h("p", { class: "hint wait", key: "wait" }, text);
}
