/** What happened in the session: who did what, what it did to the totals, and the way back. */

import { Problem } from "../api.js";
import { h } from "../dom.js";
import { clock, counted, day } from "../format.js";
import { callAs, getAs } from "../identity.js";
import { newId } from "../placing.js";
import { mayGoBack } from "../state.js";
import { comparedList } from "./compared.js";
import { differencesOf } from "./differences.js";
import { dialogView } from "./dialog.js";
import { avatarView } from "./header.js";
import { waitView } from "./wait.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../wire.js").Total} Total
 * @typedef {{revision: number, edit: string, at: number, name: string, what: string, steps: string[], by?: string, totals: Record<string, {before: Total, after: Total}>}} Deed
 *
 * @typedef {object} Past  what the dialog knows, for as long as it is open
 * @property {Deed[] | null} changes  newest first
 * @property {number} [next]  there are more before this revision
 * @property {number} seen  the session's revision when it was asked for
 * @property {boolean} loading
 * @property {number} open  the revision whose particulars are shown; -1: none
 * @property {any} compared  that revision's build and today's
 * @property {string} sure  whose work is about to be taken back
 * @property {string} said
 * @property {string[]} told  what was left alone, and why
 * @property {{what: string, key: string}} [asked]  an edit that was not answered, and the key it was asked for with
 */

const SHOWN = 2; // totals in a line
const SHOWN_OPEN = 12;

/** @param {View} view */
export function openHistory(view) {
  /** @type {Past} */
  const past = { changes: null, seen: -1, loading: false, open: -1, compared: null, sure: "", said: "", told: [] };
  view.show({ dialog: "history", about: { past } });
}

/** A button that opens it. @param {View} view */
export function historyButton(view) {
  return h("button", {
    class: "plain past", key: "past", "aria-label": "History", title: "Who did what, and the way back", onclick: () => openHistory(view),
  }, h("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" },
    h("path", { d: "M4 12 A8 8 0 1 0 7 5.8 M7 2 V6 H11 M12 8 V12 L15 14", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" })));
}

/** @param {View} view */
const pathOf = (view) => `/api/v1/sessions/${view.session}/history`;

/** The newest changes, or those before the oldest that is shown. @param {View} view @param {Past} past @param {number} [before] */
async function load(view, past, before) {
  past.loading = true;
  past.seen = view.state.revision;
  try {
    const page = await getAs(`${pathOf(view)}?limit=25${before ? `&before=${before}` : ""}`);
    const known = past.changes ?? [];
    if (!past.changes) past.said = "";
    const oldest = page.changes.at(-1)?.revision ?? 0;
    if (before) {
      past.changes = [...known, ...page.changes];
      past.next = page.next;
    } else {
      const older = known.filter((one) => one.revision < oldest);
      const follows = older.length > 0 && older[0].revision === oldest - 1;
      past.changes = follows ? [...page.changes, ...older] : page.changes;
      if (!follows) past.next = page.next;
    }
  } catch (error) {
    past.said = /** @type {Error} */ (error).message;
  }
  past.loading = false;
  view.show({});
}

/** @param {View} view */
export function historyDialog(view) {
  if (view.ui.dialog !== "history") return null;
  /** @type {Past} */
  const past = view.ui.about.past;
  const { link, revision } = view.state;
  if (link === "away") past.seen = -1; // asked for when the connection is back
  else if (past.seen !== revision && !past.loading) queueMicrotask(() => past.loading || load(view, past));
  const able = mayGoBack(view.state);
  return dialogView(view, "history", "History",
    h("p", { class: "said", role: "status", key: "said" }, past.said),
    past.told.length > 0 && h("ul", { class: "told hint", key: "told" }, past.told.map((one, index) => h("li", { key: String(index) }, one))),
    !past.changes && (!past.said || link === "away") && waitView(view.state),
    past.changes && h("div", { class: "offers", key: "all" },
      able && workView(view, past),
      h("ol", { class: "past-list", key: "list" },
        past.changes.map((change) => changeView(view, past, change, able)),
        !past.next && startView(view, past, able)),
      past.next && h("button", { key: "more", disabled: past.loading, onclick: () => load(view, past, past.next) }, "Earlier"),
      view.state.role === "owner" && allowView(view, past)));
}

/** Of whom everything can be taken back. @param {View} view @param {Past} past */
function workView(view, past) {
  /** @type {Map<string, string>} */
  const people = new Map();
  for (const { by, name } of past.changes ?? []) if (by && !people.has(by)) people.set(by, name);
  if (!people.size) return null;
  const name = people.get(past.sure);
  return h("div", { class: "work", key: "work" },
    name === undefined
      ? [
          h("span", { class: "hint", key: "what" }, "Undo everything by"),
          [...people].map(([person, called]) => h("button", {
            key: person, onclick: () => {
              past.sure = person;
              view.show({});
            },
          }, avatarView(called, person), person === view.state.person ? "me" : called)),
        ]
      : [
          h("span", { key: "sure" }, `Take back all that ${past.sure === view.state.person ? "you" : name} did? What others changed since stays.`),
          h("button", {
            key: "no", onclick: () => {
              past.sure = "";
              view.show({});
            },
          }, "Keep it"),
          h("button", { key: "yes", class: "primary", onclick: () => undo(view, past, past.sure, 0) }, "Undo all of it"),
        ]);
}

/** @param {View} view @param {Past} past @param {Deed} change @param {boolean} able */
function changeView(view, past, change, able) {
  const open = past.open === change.revision;
  return h("li", { key: String(change.revision), class: open && "open" },
    h("button", { class: "plain line", key: "line", "aria-expanded": String(open), onclick: () => toggle(view, past, change.revision) },
      avatarView(change.name, change.by ?? "server"),
      h("span", { class: "what" },
        h("span", { class: "deed" }, change.what),
        !open && totalsView(view, change.totals)),
      h("span", { class: "when" },
        h("time", { datetime: new Date(change.at).toISOString() }, when(change.at)),
        h("small", null, `revision ${change.revision}`))),
    open && h("div", { class: "particulars", key: "particulars" },
      change.steps.length > 1 && h("ul", { class: "steps hint", key: "steps" }, change.steps.map((step, index) => h("li", { key: String(index) }, step))),
      h("h3", { key: "did" }, "What it did to the totals"),
      Object.keys(change.totals).length
        ? comparedList({ totals: change.totals }, view.catalogue.stats, SHOWN_OPEN)
        : h("p", { class: "hint", key: "no totals" }, "Nothing."),
      sinceView(view, past),
      able && h("div", { class: "answers", key: "do" },
        change.by && h("button", { key: "undo", onclick: () => undo(view, past, change.by ?? "", change.revision - 1) },
          `Undo everything by ${change.by === view.state.person ? "me" : change.name} from here on`),
        past.compared && !past.compared.same && h("button", { key: "back", class: "primary", onclick: () => back(view, past, change.revision, change.edit) }, "Go back to this"))));
}

/** Before the first change. @param {View} view @param {Past} past @param {boolean} able */
function startView(view, past, able) {
  const open = past.open === 0;
  return h("li", { key: "start", class: open && "open" },
    h("button", { class: "plain line", key: "line", "aria-expanded": String(open), onclick: () => toggle(view, past, 0) },
      h("span", { class: "avatar more", "aria-hidden": "true" }, "0"), h("span", { class: "what" }, h("span", { class: "deed" }, "The session began."))),
    open && h("div", { class: "particulars", key: "particulars" },
      sinceView(view, past),
      able && past.compared && !past.compared.same && h("div", { class: "answers", key: "do" },
        h("button", { class: "primary", onclick: () => back(view, past, 0) }, "Go back to this"))));
}

/** @param {View} view @param {Past} past */
function sinceView(view, past) {
  return h("div", { class: "since", key: "since" },
    h("h3", null, "From then to now"),
    past.compared
      ? past.compared.same
        ? h("p", { class: "hint", key: "same" }, "This is the build as it is now.")
        : comparedList(past.compared.difference, view.catalogue.stats, SHOWN_OPEN)
      : waitView(view.state));
}

/** The owner says whether editors may do the same. @param {View} view @param {Past} past */
function allowView(view, past) {
  return h("label", { class: "check allow", key: "allow" },
    h("input", {
      type: "checkbox", class: "switch", checked: view.state.editorsGoBack,
      onchange: (/** @type {Event} */ event) => act(view, past, async () => {
        const allowed = /** @type {HTMLInputElement} */ (event.target).checked;
        await callAs("PATCH", `/api/v1/sessions/${view.session}`, { editors_go_back: allowed });
        return allowed ? "Editors may go back now, too." : "Only you may go back now.";
      }),
    }),
    "Editors may go back and undo others, too");
}

/** A few totals, in a line. @param {View} view @param {Deed["totals"]} totals */
function totalsView(view, totals) {
  const told = differencesOf(view, (key) => (totals[key] ? totals[key].after.capped - totals[key].before.capped : 0), SHOWN);
  return told.length > 0 && h("span", { class: "differences", key: "totals" }, told);
}

/** Show what a revision is about, or no more. @param {View} view @param {Past} past @param {number} revision */
async function toggle(view, past, revision) {
  past.open = past.open === revision ? -1 : revision;
  past.compared = null;
  view.show({});
  if (past.open >= 0) await compare(view, past);
}

/** @param {View} view @param {Past} past */
async function compare(view, past) {
  const revision = past.open;
  try {
    const found = await getAs(`${pathOf(view)}/compare?from=${revision}`);
    const same = !Object.keys(found.difference.patch ?? {}).length;
    if (past.open === revision) past.compared = { difference: found.difference, same };
  } catch (error) {
    past.said = /** @type {Error} */ (error).message;
  }
  view.show({});
}

/** Do something, and say what came of it. @param {View} view @param {Past} past @param {() => Promise<string>} deed */
async function act(view, past, deed) {
  past.told = [];
  past.sure = "";
  try {
    past.said = await deed();
    past.open = -1;
  } catch (error) {
    past.said = /** @type {Error} */ (error).message;
  }
  view.show({});
}

/**
 * Ask for an edit. What was not answered, and may have been made, is the same edit when it is asked for again.
 * @param {Past} past @param {string} path @param {object} body
 */
async function once(past, path, body) {
  const what = `${path} ${JSON.stringify({ ...body, base: 0 })}`;
  if (past.asked?.what !== what) past.asked = { what, key: newId() };
  try {
    const answer = await callAs("POST", path, body, { "Idempotency-Key": past.asked.key });
    past.asked = undefined;
    return answer;
  } catch (error) {
    if (error instanceof Problem && error.status >= 400 && error.status < 500) past.asked = undefined; // refused for good
    throw error;
  }
}

/** @param {View} view @param {Past} past @param {number} revision @param {string} [edit] */
function back(view, past, revision, edit) {
  return act(view, past, async () => {
    const body = { base: view.state.revision, revision, ...(edit ? { edit } : {}) };
    await once(past, `${pathOf(view)}/restore`, body);
    return "Done. Undo takes it back.";
  });
}

/** @param {View} view @param {Past} past @param {string} person @param {number} since */
function undo(view, past, person, since) {
  return act(view, past, async () => {
    const body = { base: view.state.revision, person, since };
    const { undone = [], kept = [], passed_over = [] } = await once(past, `${pathOf(view)}/undo`, body);
    past.told = [...kept, ...passed_over].map((/** @type {any} */ one) => one.message);
    const left = past.told.length ? " What was left alone:" : "";
    return `${counted(undone.length, "edit")} taken back. Undo brings ${undone.length === 1 ? "it" : "them"} back.${left}`;
  });
}

/** @param {number} at */
function when(at) {
  return new Date(at).toDateString() === new Date().toDateString() ? clock(at) : `${day(at)}, ${clock(at)}`;
}
