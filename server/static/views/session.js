/** The page of a session: what is where. */

import { h } from "../dom.js";
import { buildView } from "./build.js";
import { chooseView } from "./choose.js";
import { lastEditView } from "./differences.js";
import { explainDialog } from "./explain.js";
import { headerView } from "./header.js";
import { historyDialog } from "./history.js";
import { inspectDialog } from "./inspect.js";
import { inviteDialog } from "./invite.js";
import { manageDialog } from "./manage.js";
import { newsView } from "./news.js";
import { overlayDialog } from "./overlay.js";
import { pickerDialog } from "./picker.js";
import { saveDialog } from "./save.js";
import { scenarioDialog } from "./scenario.js";
import { sureDialog } from "./sure.js";
import { takeDialog } from "./take.js";
import { totalsView } from "./totals.js";

/** @typedef {import("../session.js").View} View */

/** Parts that a narrow window shows one at a time. */
const TABS = [["powers", "Build"], ["choose", "Powersets"], ["totals", "Totals"], ["news", "Activity"]];

/** Where who goes by keyboard may skip to: a part, its class, and what it is called. */
const SKIPS = [["powers", "build", "Skip to the build"], ["totals", "totals", "Skip to the numbers"], ["news", "news", "Skip to people and chat"]];

/** @param {View} view */
export function sessionView(view) {
  const { state, ui, show } = view;
  if (!state.build) return waitingView(view);
  const waiting = state.findings.length + Object.keys(state.proposals).length;
  const main = h("main", { key: "main" },
    chooseView(view),
    buildView(view),
    totalsView(view),
    newsView(view));
  const dialogs = [
    pickerDialog(view), takeDialog(view), inviteDialog(view), explainDialog(view), inspectDialog(view), historyDialog(view), manageDialog(view), overlayDialog(view), saveDialog(view), scenarioDialog(view), sureDialog(view),
  ];
  return h("div", { class: "session", "data-tab": ui.tab, key: "session" },
    skipView(view),
    headerView(view),
    main,
    effectView(view),
    h("nav", { class: "tabs", "aria-label": "Parts of the build", key: "tabs" }, TABS.map(([tab, label]) =>
      h("button", {
        key: tab, "aria-current": ui.tab === tab && "page",
        onclick: () => {
          show({ tab });
          scrollTo(0, 0);
        },
      }, label, tab === "news" && waiting > 0 && h("span", { class: "badge", key: "badge" }, waiting)))),
    dialogs);
}

/** For who goes by keyboard: past all that comes before. @param {View} view */
function skipView({ show }) {
  return h("nav", { class: "skip", "aria-label": "Skip to", key: "skip" }, SKIPS.map(([tab, part, label]) => h("button", {
    key: tab, onclick: () => {
      show({ tab });
      requestAnimationFrame(() => {
        /** @type {HTMLElement | null} */
        const there = document.querySelector(`.session .${part}`);
        there?.focus();
        there?.scrollIntoView({ block: "start" });
      });
    },
  }, label)));
}

/** What the newest edit did to the totals, while a narrow window shows something else. @param {View} view */
function effectView(view) {
  const last = lastEditView(view, 3);
  return last && h("button", { class: "effect", key: "effect", onclick: () => view.show({ tab: "totals" }) }, last);
}

/** @param {View} view */
function waitingView({ state }) {
  return h("main", { class: "start", key: "waiting" },
    state.link === "ended"
      ? h("section", { class: "card", key: "ended" },
          h("h1", null, "This build cannot be opened"),
          h("p", { role: "alert" }, state.reason),
          h("a", { class: "button primary", href: "/" }, "To the start page"))
      : h("p", { class: "waiting", role: "status", key: "joining" }, "Joining …"));
}
