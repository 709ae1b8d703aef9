/** From what a person chose in the picker to the operations of an edit. */

/**
 * @typedef {import("./wire.js").Operation} Operation
 * @typedef {import("./wire.js").Build} Build
 * @typedef {import("./wire.js").SlottedEnhancement} SlottedEnhancement
 * @typedef {import("./catalogue.js").Catalogue} Catalogue
 * @typedef {import("./catalogue.js").BoostSet} BoostSet
 * @typedef {import("./views/slot.js").NamedSlot} NamedSlot
 * @typedef {{attuned: boolean, level: number, boosters: number}} Grade  how inventions are wanted
 */

/** An id for a new slot: short, and a letter first, so that maps keep their order. */
export function newSlot() {
  return `s${newId().replaceAll("-", "").slice(0, 10)}`;
}

/** A random id; `crypto.randomUUID` exists only where the page came by https. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The form of a piece that is wanted: attuned or crafted, where it has both. @param {string[]} forms @param {Grade} grade @param {Catalogue} catalogue */
export function formOf(forms, { attuned }, catalogue) {
  const wanted = attuned ? "attuned" : "set";
  return forms.find((id) => catalogue.enhancement(id)?.kind === wanted) ?? forms[0];
}

/** An enhancement as it goes into a slot. @param {string} id @param {Grade} grade @param {Catalogue} catalogue @returns {SlottedEnhancement} */
export function slotted(id, { level, boosters }, catalogue) {
  const about = catalogue.enhancement(id);
  return {
    id,
    ...(about?.levels ? { level: Math.min(Math.max(level, about.levels[0]), about.levels[1]) } : {}),
    ...(about?.boostable && boosters ? { boosters } : {}),
  };
}

/** Where in the build something of these ids sits: [power, slot]. @param {Build} build @param {string[]} ids @returns {[string, string] | undefined} */
export function whereIs(build, ids) {
  for (const [power, { slots = {} }] of Object.entries(build.powers ?? {})) {
    for (const [slot, { enhancement }] of Object.entries(slots)) {
      if (enhancement && ids.includes(enhancement.id)) return [power, slot];
    }
  }
  return undefined;
}

/**
 * The operations that put a whole set into a power: into its empty slots, then into new ones, and
 * then in place of what does not belong to the set. What is there already stays.
 *
 * @param {Build} build @param {string} power @param {NamedSlot[]} slots @param {number} most  slots that the power can have
 * @param {BoostSet} set @param {Grade} grade @param {Catalogue} catalogue @returns {Operation[]}
 */
export function wholeSet(build, power, slots, most, set, grade, catalogue) {
  const there = new Set(slots.map((slot) => slot.enhancement?.id));
  const missing = set.pieces
    .filter((forms) => !forms.some((id) => there.has(id)))
    .map((forms) => formOf(forms, grade, catalogue))
    .filter((id) => !whereIs(build, catalogue.enhancement(id)?.unique ?? []));
  const pieces = new Set(set.pieces.flat());
  const empty = slots.filter((slot) => !slot.enhancement);
  const foreign = slots.filter((slot) => slot.enhancement && !pieces.has(slot.enhancement.id));
  const added = Array.from({ length: Math.max(0, most - slots.length) }, () => null);
  /** @type {(NamedSlot | null)[]} */
  const places = [...empty, ...added, ...foreign];
  return missing.slice(0, places.length).map((id, index) => {
    const place = places[index];
    const enhancement = slotted(id, grade, catalogue);
    return place
      ? { type: "place_enhancement", power, slot: place.id, enhancement }
      : { type: "add_slot", power, slot: newSlot(), enhancement };
  });
}
