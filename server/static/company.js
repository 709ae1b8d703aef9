/** What this page knows of the others beyond the build: pure functions, like those of `state.js`. */

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./wire.js").Said} Said
 */

const SAID_KEPT = 200;

/** What was said, old or new, in its order. @param {State} state @param {Said[]} messages @returns {State} */
export function heard(state, messages) {
  const all = new Map([...state.said, ...messages].map((one) => [one.number, one]));
  const said = [...all.values()].sort((a, b) => a.number - b.number).slice(-SAID_KEPT);
  return { ...state, said };
}

/** @param {State} state @param {import("./wire.js").Focused} message @returns {State} */
export function focused(state, message) {
  const looking = { ...state.looking };
  for (const each of message.people) {
    if (each.power || each.picker) looking[each.person] = each;
    else delete looking[each.person];
  }
  return { ...state, looking };
}

/** Who went looks at nothing any more. @param {State["looking"]} looking @param {string[]} left */
export function without(looking, left) {
  return Object.fromEntries(Object.entries(looking).filter(([person]) => !left.includes(person)));
}

/** Open proposals are kept, as they come to on the newest build; a decided one is gone. @param {State} state @param {import("./wire.js").Proposal} message @returns {State} */
export function proposal(state, message) {
  const { [message.id]: _, ...others } = state.proposals;
  const proposals = message.state === "open" ? { ...others, [message.id]: message } : others;
  const after = { ...state, proposals, pending: state.pending.filter((edit) => edit.id !== message.id) };
  if (message.state !== "declined" || message.by !== state.person || !state.proposals[message.id]) return after;
  return told(after, message.id, `Declined: ${message.title || "your suggestion"}.`);
}

/** Tell something at the top of the page, until it is dismissed. @param {State} state @param {string} id @param {string} message @returns {State} */
export function told(state, id, message) {
  const notice = { id, place: "session", code: "told", message };
  return { ...state, refusals: [...state.refusals.filter(({ place }) => place !== "session"), notice] };
}

/** Whether this is whom an overlay counts as that came by a link alone: nobody. @param {string} person */
export function isStream(person) {
  return person.startsWith("i");
}

/** What they may from now on, for who gets a role. @type {Record<string, string>} */
const NOW = {
  owner: "You own this session now: its members, links and lock are yours to manage.",
  editor: "You are an editor now: what you change is made at once.",
  suggester: "You are a suggester now: what you change is proposed to those who may edit.",
  viewer: "You are a viewer now: you see everything, and change nothing.",
};

/**
 * With the role that this person has now, which they are told. Viewers are told how many are here, and not who, nor what
 * becomes of proposals: what they knew of that holds no more.
 * @param {State} state @param {string} [role]  absent: as it was @returns {State}
 */
export function inRole(state, role = state.role) {
  if (role === state.role) return state;
  const others = role === "viewer" ? { present: [], looking: {}, proposals: {} } : state.role === "viewer" ? { number: 0 } : {};
  return told({ ...state, ...others, role }, `role ${role}`, NOW[role] ?? `You are ${role} now.`);
}

/** Who looks at a power, or at one of its slots. @param {State} state @param {string} power @param {string} [slot] */
export function lookersAt(state, power, slot) {
  return Object.values(state.looking).filter((each) =>
    each.person !== state.person && each.power === power && (slot === undefined || (each.slot ?? "") === slot));
}
