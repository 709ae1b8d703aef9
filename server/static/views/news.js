/** What is to mend, who is here, and who did what. */

import { h } from "../dom.js";
import { clock } from "../format.js";
import { deed, powerName } from "../words.js";
import { chatView } from "./chat.js";
import { reveal } from "./choose.js";
import { avatarView } from "./header.js";
import { openHistory } from "./history.js";
import { openManage } from "./manage.js";
import { proposalsView } from "./proposals.js";

/** @typedef {import("../session.js").View} View */

const SHOWN = 20;

/** @param {View} view */
export function newsView(view) {
  return h("section", { class: "news part", tabindex: "-1", "aria-label": "Findings and activity", key: "news" },
    proposalsView(view), findingsView(view), peopleView(view), chatView(view), feedView(view));
}

/** @param {View} view */
function findingsView({ state, catalogue, show }) {
  return h("section", { class: "card findings", id: "findings", "aria-labelledby": "findings-title", key: "findings" },
    h("h2", { id: "findings-title" }, "Findings", state.findings.length > 0 && h("span", { class: "badge" }, state.findings.length)),
    state.findings.length === 0 && h("p", { class: "hint", key: "none" }, "Nothing: the game would allow this build as it stands."),
    h("ul", null, state.findings.map((finding, index) => h("li", { key: `${finding.code} ${finding.power} ${finding.slot} ${index}` },
      h("p", null, finding.message, finding.remedy && h("small", { key: "remedy" }, finding.remedy)),
      finding.power && state.build?.powers?.[finding.power] && h("button", {
        class: "plain", key: "go", "aria-label": `Show ${powerName(finding.power, catalogue)}`,
        onclick: () => {
          show({ tab: "powers" });
          reveal(finding.power ?? "");
        },
      }, "Show")))));
}

/** @param {View} view */
function peopleView(view) {
  const { state, catalogue } = view;
  if (state.over) return null; // it is not told any more
  return h("section", { class: "card", "aria-labelledby": "people-title", key: "people" },
    h("h2", { id: "people-title" }, "Here now",
      state.role !== "viewer" && state.link !== "ended" && h("button", { class: "plain", key: "manage", onclick: () => openManage(view) }, state.role === "owner" ? "Manage" : "Members")),
    state.number > 0 && h("p", { class: "hint", key: "number" }, state.number === 1 ? "Only you." : `${state.number} people.`),
    h("ul", { class: "people-list" }, state.present.map((person) => {
      const { name = "?", role = "" } = state.known[person] ?? {};
      const last = state.feed.find((entry) => entry.by === person);
      return h("li", { key: person },
        avatarView(name, person),
        h("div", null,
          h("strong", null, name, person === state.person && h("span", { class: "hint" }, " (you)")),
          h("small", null, last && deed(last, catalogue))),
        h("span", { class: "chip" }, role));
    })));
}

/** Why there is nothing in the feed: viewers are told what the build is now, not who did what. @param {View["state"]} state */
function noFeed({ role, revision, over }) {
  if (role === "viewer") return `You see each change in the build itself${over ? "." : "; who made it is in the History."}`;
  if (over) return "Nothing since you came.";
  return revision > 0 ? "Nothing since you came: History has what was before." : "What people change shows here.";
}

/** @param {View} view */
function feedView(view) {
  const { state, catalogue } = view;
  return h("section", { class: "card", "aria-labelledby": "feed-title", key: "feed" },
    h("h2", { id: "feed-title" }, "Activity", !state.over && h("button", { class: "plain", key: "past", onclick: () => openHistory(view) }, "History")),
    (state.feed.length === 0 || state.role === "viewer") && h("p", { class: "hint", key: "none" }, noFeed(state)),
    h("ol", { class: "feed" }, state.feed.slice(0, SHOWN).map((entry) =>
      h("li", { key: entry.revision },
        h("span", null, h("strong", null, entry.by === state.person ? "You" : state.known[entry.by]?.name ?? "The server"),
          ` ${deed(entry, catalogue)}`,
          entry.proposed_by && h("small", { key: "proposed" }, ` as ${state.known[entry.proposed_by]?.name ?? "somebody"} suggested`)),
        h("time", { datetime: new Date(entry.at).toISOString() }, clock(entry.at))))));
}
