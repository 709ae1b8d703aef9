/** One slot of a power: what sits in it. */

import { lookersAt } from "../company.js";
import { classes, h } from "../dom.js";
import { abbreviation, hue, plainId } from "../format.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").BoostSet} BoostSet
 * @typedef {import("../catalogue.js").Enhancement} Enhancement
 * @typedef {import("../wire.js").Slot} Slot
 * @typedef {import("../wire.js").SlottedEnhancement} SlottedEnhancement
 * @typedef {import("../wire.js").TakenPower} TakenPower
 * @typedef {Slot & {id: string}} NamedSlot
 */

/** The slots of a power: its own, then the added ones by level. @param {TakenPower} taken @returns {NamedSlot[]} */
export function slotsOf(taken) {
  const { own = {}, ...added } = taken.slots ?? {};
  return [
    { id: "own", ...own },
    ...Object.entries(added)
      .map(([id, slot]) => ({ id, ...slot }))
      .sort((a, b) => (a.level ?? 0) - (b.level ?? 0) || (a.id < b.id ? -1 : 1)),
  ];
}

/**
 * @param {View} view @param {string} power @param {string} name @param {NamedSlot} slot @param {number} index
 */
export function slotView({ state, catalogue, editable, edit, pending, show }, power, name, slot, index) {
  const { enhancement } = slot;
  const about = enhancement && catalogue.enhancement(enhancement.id);
  const short = enhancement ? shortName(enhancement, about, catalogue.boostSet(about?.set ?? "")) : "";
  const label = enhancement ? fullName(enhancement, about) : "empty";
  const place = `slot:${power}/${slot.id}`;
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (!editable || (event.key !== "Delete" && event.key !== "Backspace")) return;
    event.preventDefault();
    if (enhancement && !event.shiftKey) edit({ type: "clear_enhancement", power, slot: slot.id });
    else if (slot.id !== "own") edit({ type: "remove_slot", power, slot: slot.id });
  };
  return h("button", {
      key: slot.id, onkeydown: key, disabled: !editable && !enhancement,
      class: classes("slot", enhancement ? `filled ${about?.kind ?? ""}` : "empty", pending.has(place) && "pending",
        lookersAt(state, power, slot.id).length > 0 && "looked-at", state.refusals.some((refusal) => refusal.place === place) && "refused"),
      style: about?.set ? { "--hue": String(hue(about.set)) } : {},
      title: `${label}${slot.level ? `\nSlot added at ${slot.level}` : ""}`,
      "aria-label": `Slot ${index + 1} of ${name}: ${label}`,
      onclick: () => show({ dialog: "picker", about: { power, slot: slot.id } }),
    },
    enhancement && [
      h("span", { class: classes("what", short.length > 4 && "long"), key: "what" }, short),
      h("span", { class: "grade", key: "grade" }, grade(enhancement)),
    ],
    !enhancement && slot.level && h("span", { class: "at", key: "at" }, slot.level));
}

/** @param {SlottedEnhancement} enhancement @param {Enhancement | undefined} about */
export function fullName(enhancement, about) {
  const parts = [about?.name ?? plainId(enhancement.id)];
  if (enhancement.level) parts.push(`level ${enhancement.level}`);
  if (about?.kind === "attuned") parts.push("attuned");
  if (enhancement.boosters) parts.push(`+${enhancement.boosters}`);
  if (enhancement.relative) parts.push(relative(enhancement.relative));
  return parts.join(", ");
}

/** @param {SlottedEnhancement} enhancement @param {Enhancement | undefined} about @param {BoostSet | undefined} set */
function shortName(enhancement, about, set) {
  return abbreviation(set?.name ?? about?.label ?? plainId(enhancement.id));
}

/** Level and boosters in the least space. @param {SlottedEnhancement} enhancement */
function grade(enhancement) {
  if (enhancement.boosters) return `${enhancement.level}+${enhancement.boosters}`;
  if (enhancement.level) return enhancement.level;
  return enhancement.relative ? relative(enhancement.relative) : "";
}

/** @param {number} steps */
export function relative(steps) {
  return steps > 0 ? `+${steps}` : `−${-steps}`;
}
