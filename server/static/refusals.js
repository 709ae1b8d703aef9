/** For how long what was refused, or is to be noticed, stays on the page. Pure functions. */

/**
 * @typedef {import("./state.js").Refusal} Refusal
 * @typedef {import("./wire.js").Build} Build
 */

/**
 * Those that a change leaves as true as they were. One goes when the power or the slot that it is
 * about comes or goes, when somebody has edited the same place since, and when what it tells of is
 * taken back.
 * @param {Refusal[]} refusals @param {Build | null} before @param {Build | null} after
 * @param {Set<string>} [edited]  places @param {string} [undone]  an edit's id
 */
export function standing(refusals, before, after, edited, undone) {
  return refusals.filter(({ id, place }) => id !== undone && !edited?.has(place) && there(before, place) === there(after, place));
}

/** How much there is of a power and its slot that a place belongs to. @param {Build | null} build @param {string} place */
function there(build, place) {
  const [, kind, power, slot = ""] = place.match(/^(power|slot|picker|offer):([^/]+)\/?(.*)$/) ?? [];
  const taken = build?.powers?.[power];
  return kind === "slot" && taken?.slots?.[slot] ? "slot" : taken ? "power" : "nothing";
}
