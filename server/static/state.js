/**
 * What this page knows of a session: pure functions, a message in and a new state out.
 *
 * No rule of the game is here: the build changes by the server's merge patches alone.
 */

import { focused, inRole, proposal, told, without } from "./company.js";
import { chosen, doubted, followed, kept, letGo, lost } from "./made.js";
import { standing } from "./refusals.js";
import { said, unsayable } from "./saying.js";

/**
 * @typedef {import("./wire.js").ServerMessage} ServerMessage
 * @typedef {import("./wire.js").Change} Change
 * @typedef {import("./wire.js").Snapshot} Snapshot
 * @typedef {import("./wire.js").Refused} Refused
 * @typedef {import("./wire.js").Operation} Operation
 * @typedef {import("./wire.js").Build} Build
 * @typedef {import("./wire.js").Total} Total
 * @typedef {import("./wire.js").Finding} Finding
 * @typedef {import("./wire.js").Member} Member
 *
 * @typedef {object} Pending  an edit or a proposal that is not answered yet
 * @property {"undo" | "redo" | "propose"} [type]  absent: an edit
 * @property {string} id
 * @property {number} base
 * @property {Operation[]} operations
 * @property {string} from  the place on the page where it was made
 * @property {string} [title]  of a proposal
 * @property {boolean} [again]  it was accepted before, and may be lost
 * @typedef {{id: string, place: string, code: string, message: string}} Refusal
 * @typedef {object} Entry  what somebody did
 * @property {number} revision
 * @property {string} edit
 * @property {string} by
 * @property {number} at
 * @property {Operation[]} operations
 * @property {Build | null} before  the build that they were applied to
 * @property {"undo" | "redo"} [again]  what was done before is taken back, or made again
 * @property {Entry} [meant]  that, if this page saw it
 * @property {string} [proposed_by]  whose proposal was taken
 * @property {number} [restores]  the revision that was gone back to
 * @property {{name: string, edits: number}} [work]  whose edits were taken back, and how many
 * @typedef {{before: Total, after: Total}} Difference
 *
 * @typedef {object} State
 * @property {"joining" | "live" | "away" | "ended"} link  away: the connection is lost and will be back
 * @property {string} reason  why it ended, or why edits wait
 * @property {boolean} over  it ended, and there is no coming back to it
 * @property {boolean} degraded  edits cannot be committed just now
 * @property {string} person  who I am
 * @property {string} role
 * @property {Record<string, Member>} known  everybody whose name came up, by person
 * @property {string[]} present  who is here, in the order of coming; viewers are not told
 * @property {number} number  how many are here; only viewers are told
 * @property {boolean} locked  nobody may edit
 * @property {boolean} editorsGoBack  the owner lets editors go back, and undo what others did
 * @property {string} epoch
 * @property {number} revision
 * @property {string} edit  the id of the edit at that revision
 * @property {number} at  when it was decided, in milliseconds since 1970; 0: that is not known
 * @property {Build | null} build
 * @property {Record<string, Total>} totals
 * @property {Record<string, Difference>} changed  the totals that the newest change changed
 * @property {Finding[]} findings
 * @property {Pending[]} pending  in the order of making
 * @property {import("./made.js").Made[]} made  what was accepted lately
 * @property {number} letGo  the revision after which these are all that this person made
 * @property {boolean} reset  the server starts anew: its snapshot comes next
 * @property {number} [doubts]  the revision at which a new epoch began on this line, which may lack some of them
 * @property {Refusal[]} refusals
 * @property {Entry[]} feed  newest first
 * @property {import("./wire.js").Said[]} said  oldest first
 * @property {import("./saying.js").Saying[]} unsaid  what this person says, and the server has not said yet
 * @property {Record<string, import("./wire.js").Attention>} looking  what others look at, by person
 * @property {Record<string, import("./wire.js").Proposal>} proposals  the open ones, by id
 */

const FEED_LENGTH = 50;

/** @returns {State} */
export function initial() {
  return {
    link: "joining", reason: "", over: false, degraded: false,
    person: "", role: "viewer", known: {}, present: [], number: 0, locked: false, editorsGoBack: false,
    epoch: "", revision: -1, edit: "", at: 0,
    build: null, totals: {}, changed: {}, findings: [],
    pending: [], made: [], letGo: 0, reset: false, refusals: [], feed: [], said: [], unsaid: [], looking: {}, proposals: {},
  };
}

/**
 * RFC 7396: what `document` becomes by `patch`. Neither is changed.
 * @param {any} document @param {any} patch @returns {any}
 */
export function merge(document, patch) {
  if (!isObject(patch)) return patch;
  const merged = isObject(document) ? { ...document } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The state after a message of the server.
 *
 * Throws OutOfStep when a change is missing: then only a snapshot helps.
 * @param {State} state @param {ServerMessage} message @returns {State}
 */
export function receive(state, message) {
  switch (message.type) {
    case "welcome": {
      const doubts = message.resumed === "snapshot" && state.epoch !== "" ? message.revision : state.doubts;
      const again = state.person === message.person ? inRole(state, message.role) : state;
      return {
        ...(doubts === undefined ? again : doubted(again, doubts)), doubts: undefined, reset: false, link: "live", reason: "", degraded: false,
        person: message.person, role: message.role,
        known: learn(state.known, [message, ...message.members, ...message.people]),
        present: message.people.map((member) => member.person), number: message.number ?? 0,
        locked: message.locked ?? false, editorsGoBack: message.editors_go_back ?? false,
        looking: {}, proposals: {}, // the newest come after this
      };
    }
    case "reset": return { ...state, reset: true };
    case "snapshot": return snapshot(state, message);
    case "change": return change(state, message);
    case "update": return update(state, message);
    case "accepted": return accepted(state, message);
    case "refused": return refused(state, message);
    case "people": return people(state, message);
    case "about": return inRole({
      ...state, locked: message.locked, editorsGoBack: message.editors_go_back ?? false, known: learn(state.known, message.members),
    }, message.members.find((member) => member.person === state.person)?.role);
    case "said": return said(state, [message]);
    case "focused": return focused(state, message);
    case "proposal": return proposal(state, message);
    case "status": return { ...state, degraded: message.degraded, reason: message.reason ?? "" };
    default: return state; // what is newer than this page, or for the socket alone
  }
}

/** @param {State} state @param {import("./wire.js").People} message @returns {State} */
function people(state, { joined = [], left = [], changed = [], number }) {
  const gone = new Set([...left, ...joined.map((member) => member.person)]);
  return inRole({
    ...state,
    known: learn(state.known, [...joined, ...changed]),
    present: [...state.present.filter((person) => !gone.has(person)), ...joined.map((member) => member.person)],
    number: number ?? state.number,
    looking: without(state.looking, left),
  }, changed.find((member) => member.person === state.person)?.role);
}

/** A change came whose predecessor never did. */
export class OutOfStep extends Error {}

/** @param {State} state @param {Snapshot} message @returns {State} */
function snapshot(state, message) {
  // A worker makes again what a new epoch lacks; on the next line there may be none that knows it.
  const doubts = state.reset && message.epoch !== state.epoch ? message.revision : state.doubts;
  return {
    ...letGo(state, message.revision), doubts, reset: false, // nobody says what is in it
    epoch: message.epoch, revision: message.revision, edit: message.edit ?? "", at: message.at ?? 0,
    build: message.build, totals: message.totals, changed: {}, findings: message.findings,
    known: learn(state.known, message.people),
    present: message.people.map((member) => member.person),
    proposals: message.proposals
      ? Object.fromEntries(message.proposals.map((one) => [one.id, one])) : state.proposals,
    refusals: state.build ? standing(state.refusals, state.build, message.build) : state.refusals,
  };
}

/**
 * What a change and an update have in common: several changes as one say no more.
 * @param {State} state @param {Change | import("./wire.js").Update} message @returns {State}
 */
function follow(state, message) {
  /** @type {Record<string, Difference>} */
  const changed = {};
  for (const [key, after] of Object.entries(message.totals)) {
    changed[key] = { before: state.totals[key] ?? after, after };
  }
  const build = merge(state.build, message.patch);
  return {
    ...state,
    revision: message.revision, edit: message.edit, at: message.at ?? 0,
    build,
    totals: { ...state.totals, ...message.totals }, changed,
    findings: message.findings ?? state.findings,
    refusals: message.type === "change"
      ? standing(state.refusals, state.build, build, new Set(message.operations.flatMap(placesOf)), message.undoes)
      : standing(state.refusals, state.build, build),
  };
}

/** @param {State} state @param {import("./wire.js").Update} message @returns {State} */
function update(state, message) {
  if (message.from !== state.revision) throw new OutOfStep(`an update from ${message.from} at ${state.revision}`);
  return letGo(follow(state, message), message.revision);
}

/** @param {State} state @param {Change} message @returns {State} */
function change(state, message) {
  if (message.revision !== state.revision + 1) {
    throw new OutOfStep(`revision ${message.revision} after ${state.revision}`);
  }
  const meant = message.undoes ?? message.redoes;
  /** @type {Entry} */
  const entry = {
    revision: message.revision, edit: message.edit, by: message.by ?? "", at: message.at,
    operations: message.operations, before: state.build,
    ...(message.proposed_by ? { proposed_by: message.proposed_by } : {}),
    ...(message.restores === undefined ? {} : { restores: message.restores }),
    ...(message.undoes_work ? { work: { name: state.known[message.undoes_work.person]?.name ?? "somebody", edits: message.undoes_work.edits.length } } : {}),
    ...(meant ? { again: message.undoes ? "undo" : "redo", meant: state.feed.find(({ edit }) => edit === meant) } : {}),
  };
  const after = { ...follow(followed(state, message), message), feed: [entry, ...state.feed].slice(0, FEED_LENGTH) };
  const notice = message.by === state.person ? "" : noticeOf(state, message);
  return notice ? told(after, message.edit, notice) : after;
}

/** What somebody did to the work of others, which these are to notice. @param {State} state @param {Change} message */
function noticeOf({ known, person }, { by = "", restores, undoes_work: work }) {
  const who = known[by]?.name ?? "Somebody";
  if (restores !== undefined) return `${who} went back to ${restores ? `revision ${restores}: History shows what that was` : "when the session began"}.`;
  if (!work || work.person === by) return "";
  const edits = work.edits.length === 1 ? "an edit" : `${work.edits.length} edits`;
  return `${who} took back ${edits} of ${work.person === person ? "yours" : known[work.person]?.name ?? "somebody"}.`;
}

/** @param {State} state @param {string} id @returns {State} */
function answered(state, id) {
  return { ...state, pending: state.pending.filter((edit) => edit.id !== id) };
}

/**
 * An undo may have left alone what others have changed since: that is said.
 * @param {State} state @param {import("./wire.js").Accepted} message @returns {State}
 */
function accepted(state, message) {
  const edit = state.pending.find((pending) => pending.id === message.id);
  const rest = answered(state, message.id);
  const after = edit && edit.type !== "propose" ? kept(rest, edit, message) : rest;
  if (edit?.again) return after; // it was told before
  const said = [...(message.kept ?? []), ...(message.passed_over ?? [])].map((one) => one.message);
  if (!said.length) return after;
  const notice = { id: message.id, place: "session", code: "told", message: `What was left alone: ${[...new Set(said)].join(" ")}` };
  return { ...after, refusals: [...after.refusals.filter(({ place }) => place !== "session"), notice] };
}

/** An undo that found nothing says why not even the newest edit could be. @param {Refused} message */
function whyNot({ code, message, passed_over: passed = [] }) {
  if (!passed.length) return message;
  return `${code === "nothing_to_redo" ? "Not made again" : "Not taken back"}: ${message}`;
}

/** @param {State} state @param {Refused} message @returns {State} */
function refused(state, message) {
  const edit = state.pending.find((pending) => pending.id === message.id);
  const words = state.unsaid.find(({ id }) => id === message.id);
  if ((edit || words) && message.retry_after !== undefined) return state; // not an answer: it is sent again
  if (words) return unsayable(state, message);
  const after = lost(state, message.id);
  if (edit?.again && message.code === "too_old") return after; // nobody knows whether it was lost
  const place = edit && !edit.again ? edit.from || placeOf(edit.operations[message.operation ?? 0]) : "session";
  const why = edit?.again && message.code !== "lost" ? `The server lost an edit of yours, and it cannot be made again: ${message.message}` : whyNot(message);
  const refusal = { id: message.id ?? "", place, code: message.code, message: why };
  return {
    ...after,
    refusals: [...state.refusals.filter((other) => other.place !== place), refusal],
  };
}

/**
 * The state in which an edit was made here; an older refusal in its place is gone.
 * @param {State} state @param {Pending} edit @returns {State}
 */
export function edited(state, edit) {
  const places = new Set([edit.from, ...edit.operations.flatMap(placesOf)]);
  return {
    ...state,
    pending: [...state.pending, edit],
    refusals: state.refusals.filter((refusal) => !places.has(refusal.place)),
  };
}

/** @param {State} state @param {string} place @returns {State} */
export function dismissed(state, place) {
  return { ...state, refusals: state.refusals.filter((refusal) => refusal.place !== place) };
}

/**
 * The link to the server changed. @param {State} state
 * @param {State["link"]} link @param {string} [reason] @param {boolean} [over] @returns {State}
 */
export function linked(state, link, reason = "", over = false) {
  const nobody = over ? { present: [], number: 0, looking: {}, locked: false, refusals: state.refusals.filter(({ code }) => code !== "told") } : {};
  return { ...state, ...nobody, link, reason, over };
}

/** Whether this person may edit. @param {State} state */
export function mayEdit(state) {
  return (state.role === "owner" || state.role === "editor") && !state.locked && state.link !== "ended";
}

/** Whether this person may go back, and undo what others did. @param {State} state */
export function mayGoBack(state) {
  return mayEdit(state) && (state.role === "owner" || state.editorsGoBack);
}

/** Whether what this person changes is a proposal. @param {State} state */
export function maySuggest(state) {
  return state.role === "suggester" && state.link !== "ended";
}

/**
 * The place on the page that an operation belongs to.
 * @param {Operation | undefined} operation @returns {string}
 */
export function placeOf(operation) {
  if (!operation) return "session";
  const { type, power, slot } = operation;
  if (type === "set_powerset") return operation.role;
  if (type === "add_pool" || type === "remove_pool") return "pools";
  if (power && slot && type !== "add_slot") return `slot:${power}/${slot}`;
  if (power) return `power:${power}`;
  return type.replace("set_", ""); // title, level, origin, archetype
}

/** That place, and the picker in which it was made or could have been. @param {Operation} operation */
function placesOf(operation) {
  const { power, slot } = operation;
  return [placeOf(operation), ...(power && slot ? [`picker:${power}`] : [])];
}

/**
 * The newest operation on the way to the server that `wanted` finds: what the person chose, until
 * the server has answered.
 * @param {State} state @param {(operation: Operation) => boolean} wanted @returns {Operation | undefined}
 */
export function underway(state, wanted) {
  for (const edit of chosen(state).toReversed()) {
    const found = edit.operations.findLast(wanted);
    if (found) return found;
  }
  return undefined;
}

/** The places at which something is on its way to the server. @param {State} state */
export function pendingPlaces(state) {
  return new Set(chosen(state).flatMap((edit) => [edit.from, ...edit.operations.map(placeOf)]));
}

/** @param {Record<string, Member>} known @param {Member[]} members */
function learn(known, members) {
  const more = { ...known };
  for (const { person, name, role, connections } of members) more[person] = { person, name, role, connections };
  return more;
}
