/**
 * The edits of this page that were accepted lately. What Redis and a worker lose together only
 * those who made it still have: they ask for it again. What was not lost is not made twice.
 */

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Pending} Pending
 *
 * @typedef {object} Made
 * @property {Pending} edit
 * @property {number} revision
 * @property {number} at  when that was told, in milliseconds since 1970
 */

const KEPT = 50;
const KEPT_MS = 600_000; // by then it is recorded

/** An edit was accepted. @param {State} state @param {Pending} edit @param {number} revision @returns {State} */
export function kept(state, edit, revision) {
  const made = [...state.made, { edit: { ...edit, again: false }, revision, at: Date.now() }];
  return letGo({ ...state, made }, made.length - KEPT);
}

/** An edit was lost, and that was told. @param {State} state @param {string} [id] @returns {State} */
export function lost(state, id) {
  return { ...state, made: state.made.filter(({ edit }) => edit.id !== id) };
}

/**
 * The server could not go on from where this page was: what it may have lost is pending again,
 * before what is. Of what we have not all the rest would be out of place, and is left as it is.
 * @param {State} state @param {number} revision  the server's @returns {State}
 */
export function doubted(state, revision) {
  const oldest = Date.now() - KEPT_MS;
  const known = letGo(state, state.made.filter(({ at }) => at < oldest).length);
  if (known.letGo > revision) return known;
  const again = known.made.map(({ edit }) => ({ ...edit, again: true }));
  return { ...known, made: [], pending: [...again, ...known.pending] };
}

/** @param {State} state @param {number} count  of the oldest @returns {State} */
function letGo(state, count) {
  if (count <= 0) return state;
  const newest = Math.max(state.letGo, ...state.made.slice(0, count).map(({ revision }) => revision));
  return { ...state, made: state.made.slice(count), letGo: newest };
}
