/** What this person says, kept until the server has it: pure functions, like those of `state.js`. */

import { heard } from "./company.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {{id: string, text: string}} Saying  not said yet; the server says it once by its id
 */

/** @param {State} state @param {Saying} words @returns {State} */
export function saying(state, words) {
  return { ...state, unsaid: [...state.unsaid, words], refusals: state.refusals.filter(({ place }) => place !== "chat") };
}

/** What was said, by whomever: what waited among it waits no more. @param {State} state @param {import("./wire.js").Said[]} messages */
export function said(state, messages) {
  const ids = new Set(messages.map(({ id }) => id));
  return { ...heard(state, messages), unsaid: state.unsaid.filter(({ id }) => !ids.has(id)) };
}

/** Why what was to be said is not said, ever. @param {State} state @param {import("./wire.js").Refused} message @returns {State} */
export function unsayable(state, { id = "", code, message }) {
  const place = state.role === "viewer" ? "session" : "chat"; // viewers see no chat
  const why = code === "invalid" ? "It is too long, or has a character that cannot be said." : message;
  const refusal = { id, place, code, message: `Not said: ${why}` };
  return {
    ...state, unsaid: state.unsaid.filter((words) => words.id !== id),
    refusals: [...state.refusals.filter((other) => other.place !== place), refusal],
  };
}
