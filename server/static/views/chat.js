/** What people say to each other. */

import { h } from "../dom.js";
import { clock } from "../format.js";
import { refusalView } from "./refusal.js";

/** @typedef {import("../session.js").View} View */

const LONGEST = 500;

/** @param {View} view */
export function chatView(view) {
  const { state, say } = view;
  if (state.role === "viewer") return null;
  return h("section", { class: "card chat", "aria-labelledby": "chat-title", key: "chat" },
    h("h2", { id: "chat-title" }, "Chat"),
    state.said.length + state.unsaid.length === 0 && h("p", { class: "hint", key: "none" }, "Nobody has said anything yet."),
    h("div", { role: "log", key: "log" }, h("ol", { class: "talk" }, state.unsaid.toReversed().map(({ id, text }) =>
      h("li", { key: id },
        h("p", null, h("strong", null, "You"), " ", text),
        h("small", { class: "hint" }, state.link === "ended" ? "not said" : "not said yet"))),
    state.said.toReversed().map((said) =>
      h("li", { key: said.id ?? said.number },
        h("p", null, h("strong", null, said.by === state.person ? "You" : said.name), " ", said.text),
        h("time", { datetime: new Date(said.at).toISOString() }, clock(said.at)))))),
    state.link !== "ended" && h("form", {
        key: "say", onsubmit: (/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          const input = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("text"));
          const text = input.value.trim();
          if (!text) return;
          say(text);
          input.value = "";
        },
      },
      h("input", { name: "text", maxlength: LONGEST, placeholder: "Say something", "aria-label": "Say something", autocomplete: "off" }),
      h("button", { type: "submit" }, "Say")),
    refusalView(view, "chat"));
}
