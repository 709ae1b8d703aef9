/** The enhancement picker: opens on a slot, and offers what fits it. */

import { classes, h } from "../dom.js";
import { formOf, slotted, whereIs, wholeSet } from "../placing.js";
import { powerName } from "../words.js";
import { closeDialog, dialogView } from "./dialog.js";
import { considering, gainOf, whatIfView } from "./differences.js";
import { finderView, givenView, giving } from "./finder.js";
import { refusalView } from "./refusal.js";
import { fullName, slotView, slotsOf } from "./slot.js";
import { tuneView } from "./tune.js";
import { waitView } from "./wait.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").BoostSet} BoostSet
 * @typedef {import("../catalogue.js").Fitting} Fitting
 * @typedef {import("../placing.js").Grade} Grade
 * @typedef {{power: string, slot: string, slots: import("./slot.js").NamedSlot[], most: number, grade: Grade}} Spot
 */

/** @type {[keyof Fitting, string][]} */
const KINDS = [
  ["common", "Inventions"], ["single", "Single origin"], ["special", "Special"], ["dual", "Dual origin"],
  ["training", "Training"],
];

/** @param {View} view */
export function pickerDialog(view) {
  const { state, catalogue, ui, editable } = view;
  if (ui.dialog !== "picker" || !state.build) return null;
  const { power, slot } = ui.about;
  const slots = slotsOf(state.build.powers?.[power] ?? {});
  const most = catalogue.power(power)?.max_slots ?? 0;
  const grade = { attuned: false, level: 50, boosters: 0, ...ui.kept.grade };
  const spot = { power, slot, slots, most, grade };
  const current = slots.find(({ id }) => id === slot);
  return dialogView(view, "picker", powerName(power, catalogue),
    h("div", { class: "strip", key: "strip", role: "group", "aria-label": "Slots of this power" },
      slots.map((one, index) => h("span", { key: one.id, class: classes("place", one.id === slot && "current") },
        slotView(view, power, powerName(power, catalogue), one, index)))),
    refusalView(view, `slot:${power}/${slot}`, ...slots.map(({ id }) => `slot:${power}/${id}`), `power:${power}`, `picker:${power}`),
    current
      ? tuneView(view, power, current)
      : h("p", { class: "hint", key: "gone", role: "status" }, "This slot is gone."),
    editable && current && [
      toolsView(view, grade),
      finderView(view),
      whatIfView(view),
      offersView(view, spot),
    ]);
}

/** Search, and how inventions are wanted. @param {View} view @param {Grade} grade */
function toolsView({ ui, show }, grade) {
  /** @param {Partial<Grade>} more */
  const want = (more) => show({ kept: { ...ui.kept, grade: { ...grade, ...more } } });
  return h("div", { class: "tools", key: "tools" },
    h("input", {
      type: "search", placeholder: "Search sets and enhancements", "aria-label": "Search", autocomplete: "off",
      // A keyboard that covers half of a phone is not what opening the picker asks for.
      ref: (/** @type {HTMLElement} */ input) => matchMedia("(hover: hover)").matches && setTimeout(() => input.focus()),
      oninput: (/** @type {Event} */ event) =>
        show({ about: { ...ui.about, query: /** @type {HTMLInputElement} */ (event.target).value } }),
    }),
    h("span", { class: "as" }, "Place as:"),
    h("label", { class: "check" },
      h("input", {
        type: "checkbox", checked: grade.attuned,
        onchange: (/** @type {Event} */ event) => want({ attuned: /** @type {HTMLInputElement} */ (event.target).checked }),
      }), "Attuned"),
    h("label", { class: "check" }, "Level",
      h("input", {
        type: "number", min: 1, max: 53, value: String(grade.level), "aria-label": "Level of what is placed", disabled: grade.attuned, class: "short",
        onchange: (/** @type {Event} */ event) => {
          const input = /** @type {HTMLInputElement} */ (event.target);
          if (input.validity.valid && input.value) want({ level: Number(input.value) });
        },
      })),
    h("label", { class: "check" }, "Boosters",
      h("select", {
          value: String(grade.boosters), "aria-label": "Boosters of what is placed", disabled: grade.attuned,
          onchange: (/** @type {Event} */ event) =>
            want({ boosters: Number(/** @type {HTMLSelectElement} */ (event.target).value) }),
        },
        [0, 1, 2, 3, 4, 5].map((steps) => h("option", { key: steps, value: String(steps) }, `+${steps}`)))));
}

/** @param {View} view @param {Spot} spot */
function offersView(view, spot) {
  const { state, catalogue, ui } = view;
  const fitting = catalogue.fitting(spot.power, state.build?.archetype ?? "");
  if (!fitting) return waitView(state);
  const words = String(ui.about.query ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  /** @param {string} text */
  const matches = (text) => words.every((word) => text.toLowerCase().includes(word));
  const origin = state.build?.origin || "Magic";
  const kinds = KINDS.map(([kind, label]) => ({
    label,
    ids: fitting[kind].filter((id) => {
      const about = catalogue.enhancement(id);
      return about && (!about.origins?.length || about.origins.includes(origin)) && matches(`${label} ${about.name}`);
    }),
  }));
  const gives = giving(view, spot.power);
  if (gives === undefined) return waitView(state);
  const [inventions, ...others] = gives ? [] : kinds.map(({ label, ids }, index) =>
    ids.length > 0 && kindView(view, spot, label, ids, index > 0 && !words.length));
  const sets = fitting.sets.flatMap((id) => catalogue.boostSet(id) ?? []).filter((set) => matches(`${set.group} ${set.name}`) && (gives?.has(set.id) ?? true));
  /** @param {BoostSet} set */
  const worth = (set) => gives?.get(set.id)?.value ?? piecesHere(spot, set);
  return h("div", { class: "offers", key: "offers" },
    inventions,
    sets.sort((a, b) => worth(b) - worth(a)).map((set) => setView(view, spot, set, gives?.get(set.id))),
    others,
    !sets.length && (gives || kinds.every(({ ids }) => !ids.length)) &&
      h("p", { class: "hint", key: "none" }, gives ? "No set that fits gives it." : "Nothing that fits is called so."));
}

/**
 * Enhancements of no set. @param {View} view @param {Spot} spot @param {string} label @param {string[]} ids
 * @param {boolean} folded  what few look for
 */
function kindView(view, spot, label, ids, folded) {
  /** @type {Map<string, string[]>} */
  const families = new Map();
  for (const id of ids) {
    const [family] = (view.catalogue.enhancement(id)?.name ?? id).split(": ");
    families.set(family, [...(families.get(family) ?? []), id]);
  }
  const offers = [...families].map(([family, members]) => [
    families.size > 1 && h("p", { class: "family", key: `family ${family}` }, family),
    h("div", { class: "chips", key: family }, members.map((id) => pieceView(view, spot, [id], id))),
  ]);
  return h("section", { class: "offer-group", key: label }, folded
    ? h("details", { key: "folded" }, h("summary", null, `${label} (${ids.length})`), offers)
    : [h("h3", { key: "label" }, label), offers]);
}

/**
 * @param {View} view @param {Spot} spot @param {BoostSet} set
 * @param {import("../catalogue.js").Giving} [given]  what it gives of the stat that is looked for
 */
function setView(view, spot, set, given) {
  const { state, catalogue, edit, consider } = view;
  const operations = state.build ? wholeSet(state.build, spot.power, spot.slots, spot.most, set, spot.grade, catalogue) : [];
  const here = piecesHere(spot, set);
  return h("section", { class: "offer-group", key: set.id },
    h("div", { class: "set-head" },
      h("h3", null, set.name),
      givenView(view, given),
      h("small", null, [set.group, set.rarity, range(set)].filter(Boolean).join(" · ")),
      operations.length > 1 && h("button", {
        class: "whole", key: "whole", title: "Into the empty slots first, then into new ones",
        ...considering(consider, operations),
        onclick: () => {
          edit(operations, `picker:${spot.power}`);
          closeDialog();
        },
      }, `Place ${operations.length === set.pieces.length ? "all" : "the other"} ${operations.length}`)),
    h("div", { class: "chips" }, set.pieces.map((forms) => pieceView(view, spot, forms, formOf(forms, spot.grade, catalogue)))),
    set.bonuses && bonusesView(view, set, set.bonuses, here));
}

/**
 * What a set gives for so many pieces: in numbers, once they are there.
 * @param {View} view @param {BoostSet} set @param {NonNullable<BoostSet["bonuses"]>} bonuses @param {number} here  pieces
 */
function bonusesView({ state, catalogue }, set, bonuses, here) {
  const { archetype = "", level = 50 } = state.build ?? {};
  const gains = catalogue.gains(archetype, level)?.get(set.id) ?? [];
  return h("ol", { class: "bonuses", key: "bonuses", "aria-label": "Set bonuses" }, bonuses.map(({ pieces, text, pvp = false }, index) => {
    const nth = bonuses.slice(0, index).filter((other) => other.pieces === pieces && (other.pvp ?? false) === pvp).length;
    const gain = gains.filter((one) => one.pieces === pieces && (one.pvp ?? false) === pvp)[nth];
    const numbers = gain ? gainOf(catalogue.stats, gain.totals) : "";
    return h("li", { key: index, class: pieces <= here && "on", title: text }, h("b", null, pieces), ` ${numbers || text}${pvp ? " (PvP)" : ""}`);
  }));
}

/** How many pieces of a set sit in the power already. @param {Spot} spot @param {BoostSet} set */
function piecesHere({ slots }, set) {
  const pieces = set.pieces.flat();
  return slots.filter(({ enhancement }) => enhancement && pieces.includes(enhancement.id)).length;
}

/** @param {BoostSet} set */
function range({ min_level, max_level }) {
  return min_level === max_level ? `level ${max_level}` : `levels ${min_level}–${max_level}`;
}

/** One enhancement to place. @param {View} view @param {Spot} spot @param {string[]} forms @param {string} id  the form wanted */
function pieceView({ state, catalogue, edit, consider, show, ui }, spot, forms, id) {
  const { power, slot, slots, grade } = spot;
  const about = catalogue.enhancement(id);
  const isSet = Boolean(about?.set);
  const here = isSet && slots.some(({ enhancement }) => enhancement && forms.includes(enhancement.id));
  const elsewhere = state.build && !here && whereIs(state.build, about?.unique ?? []);
  const operation = { type: "place_enhancement", power, slot, enhancement: slotted(id, grade, catalogue) };
  const place = () => {
    edit(operation);
    const next = slots.find((one) => one.id !== slot && !one.enhancement);
    if (next) show({ about: { ...ui.about, slot: next.id } });
    else closeDialog();
  };
  return h("button", {
      class: classes("chip-button", here && "here", elsewhere && "elsewhere"), key: id, onclick: place, ...considering(consider, operation),
      title: [about && fullName({ id }, about), about?.unique?.length && "Unique: one in a build",
        elsewhere && `Sits in ${powerName(elsewhere[0], catalogue)}`].filter(Boolean).join("\n"),
    },
    about?.label ?? id, about?.unique?.length ? h("span", { class: "unique", key: "unique", title: "Unique" }, "★") : null,
    here && h("span", { class: "hidden", key: "here" }, "is here"), here && h("span", { "aria-hidden": "true", key: "mark" }, "✓"));
}
