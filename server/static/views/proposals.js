/** Open proposals: what somebody would change, and what it would come to. */

import { h } from "../dom.js";
import { mayEdit } from "../state.js";
import { wish } from "../words.js";
import { differencesView } from "./differences.js";

/** @typedef {import("../session.js").View} View */

/** @param {View} view */
export function proposalsView(view) {
  const open = Object.values(view.state.proposals).sort((a, b) => a.at - b.at);
  if (!open.length) return null;
  return h("section", { class: "card proposals", id: "proposals", "aria-labelledby": "proposals-title", key: "proposals" },
    h("h2", { id: "proposals-title" }, "Proposals", h("span", { class: "badge" }, open.length)),
    h("ul", null, open.map((proposal) => proposalView(view, proposal))));
}

/** @param {View} view @param {import("../wire.js").Proposal} proposal */
function proposalView(view, proposal) {
  const { state, catalogue, decide } = view;
  const { id, by, title, operations, totals, problem } = proposal;
  const away = state.link !== "live"; // an answer is not kept, as edits are
  const what = title || wish(operations, state.build, catalogue);
  return h("li", { key: id },
    h("p", null, h("strong", null, by === state.person ? "You" : state.known[by]?.name ?? "Somebody"), ` ${by === state.person ? "suggest" : "suggests"}: ${what}`),
    problem ? h("p", { class: "hint", key: "problem" }, problem) : differencesView(view, totals),
    h("div", { class: "answers", key: "answers" },
      by === state.person && h("button", { key: "withdraw", disabled: away, onclick: () => decide(id, false) }, "Withdraw"),
      mayEdit(state) && by !== state.person && h("button", { key: "decline", disabled: away, onclick: () => decide(id, false) }, "Decline"),
      mayEdit(state) && h("button", { key: "take", class: "primary", disabled: away || Boolean(problem), onclick: () => decide(id, true) }, "Take it")));
}
