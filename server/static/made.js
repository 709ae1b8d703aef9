/**
 * The edits of this page that were accepted lately. What Redis and a worker lose together only
 * those who made it still have: they ask for it again. What was not lost is not made twice.
 * A page sends again only what it surely has whole: all that it made after a revision, and nobody
 * took back.
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

/**
 * An edit was accepted.
 * @param {State} state @param {Pending} edit @param {import("./wire.js").Accepted} answer @returns {State}
 */
export function kept(state, edit, { revision, undoes, redoes }) {
  if (revision <= state.letGo) return state;
  const whole = !edit.type || state.made.some((one) => one.edit.id === (undoes ?? redoes));
  if (!whole) return letGo(state, revision); // alone it would take back another one
  const made = [...state.made, { edit: { ...edit, again: false }, revision, at: Date.now() }];
  return made.length > KEPT ? letGo({ ...state, made }, made[0].revision) : { ...state, made };
}

/** What was made until a revision is not sent again. @param {State} state @param {number} revision @returns {State} */
export function letGo(state, revision) {
  return { ...state, letGo: revision, made: state.made.filter((one) => one.revision > revision) };
}

/**
 * A change came: one that we made and do not have (in another window, or of a proposal), or by
 * which somebody decided that what we made is not to be?
 * @param {State} state @param {import("./wire.js").Change} change @returns {State}
 */
export function followed(state, { revision, edit, by, restores, undoes_work: work }) {
  const known = state.pending.some(({ id, type }) => id === edit && type !== "propose") || state.made.some((one) => one.edit.id === edit);
  const ofOurs = by === state.person && !known;
  return ofOurs || restores !== undefined || work?.person === state.person ? letGo(state, revision) : state;
}

/**
 * An edit is refused for good: without one that is lost, an undo after it would take back another one.
 * @param {State} state @param {string} [id] @returns {State}
 */
export function lost(state, id) {
  const at = state.pending.findIndex((edit) => edit.id === id && edit.again);
  const pending = state.pending.filter((edit, index) => edit.id !== id && !(at >= 0 && index > at && edit.again && edit.type));
  const after = { ...state, pending };
  return state.made.some(({ edit }) => edit.id === id) ? letGo(after, Math.max(...state.made.map(({ revision }) => revision))) : after;
}

/**
 * The server could not go on from where this page was: what it may have lost is pending again,
 * before what is. Of what we have not all the rest would be out of place, and is left as it is.
 * @param {State} state @param {number} revision  the server's @returns {State}
 */
export function doubted(state, revision) {
  const oldest = Date.now() - KEPT_MS;
  const late = state.made.filter(({ at }) => at < oldest).at(-1);
  const known = late ? letGo(state, late.revision) : state;
  if (known.letGo > revision) return { ...known, made: [], pending: chosen(known) };
  const again = known.made.map(({ edit }) => ({ ...edit, again: true }));
  return { ...known, made: [], pending: [...again, ...known.pending] };
}

/** What the person chose, and the server has not answered yet. @param {State} state */
export function chosen({ pending }) {
  return pending.filter((edit) => !edit.again);
}
