/** Choosing: archetype, origin and powersets, and the powers that each of them has. */

import { classes, h } from "../dom.js";
import { archetypeName, powersetName } from "../words.js";
import { underway } from "../state.js";
import { accoladesView } from "./accolades.js";
import { considering } from "./differences.js";
import { incarnatesView } from "./incarnates.js";
import { refusalView } from "./refusal.js";
import { selectView } from "./select.js";
import { editIfSure, takenOf } from "./sure.js";
import { temporaryView } from "./temporary.js";
import { waitView } from "./wait.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Named} Named
 * @typedef {import("../catalogue.js").Power} Power
 */

const ORIGINS = ["Magic", "Mutation", "Natural", "Science", "Technology"];

/** @param {View} view */
export function chooseView(view) {
  const { state, catalogue } = view;
  const { archetype = "", powersets = {} } = state.build ?? {};
  const choices = archetype ? catalogue.powersets(archetype) : undefined;
  return h("section", { class: "choose part", tabindex: "-1", "aria-labelledby": "choose", key: "choose" },
    h("h2", { id: "choose", class: "hidden" }, "Archetype and powersets"),
    h("div", { class: "pair" }, archetypeView(view), levelView(view)),
    originView(view),
    refusalView(view, "archetype", "level", "origin"),
    archetype
      ? [
          roleView(view, "primary", "Primary", choices?.primary ?? [], powersets.primary ?? ""),
          roleView(view, "secondary", "Secondary", choices?.secondary ?? [], powersets.secondary ?? ""),
          poolsView(view, choices?.pool ?? []),
          roleView(view, "epic", "Epic", choices?.epic ?? [], powersets.epic ?? ""),
          incarnatesView(view),
          accoladesView(view),
          temporaryView(view),
        ]
      : h("p", { class: "hint", key: "hint" }, "Choose an archetype: its powersets then show here."));
}

/** @param {View} view */
function archetypeView(view) {
  const { state, catalogue, editable, pending } = view;
  const known = state.build?.archetype ?? "";
  const archetype = underway(state, ({ type }) => type === "set_archetype")?.archetype ?? known;
  return selectView("Archetype", archetype, catalogue.archetypes, archetypeName(archetype, catalogue), {
    disabled: !editable, pending: pending.has("archetype"), empty: "Choose …",
    // What is not chosen cannot be unchosen: there is no build without an archetype to go back to.
    choose: (chosen) => {
      const picked = Object.entries(state.build?.powers ?? {}).filter(([, taken]) => taken.level).map(([id]) => id);
      const operation = { type: "set_archetype", archetype: chosen };
      if (chosen) editIfSure(view, operation, `Change to ${archetypeName(chosen, catalogue)}`, picked);
    },
  });
}

/** @param {View} view */
function levelView({ state, editable, edit, pending }) {
  const level = underway(state, (operation) => operation.type === "set_level")?.level ?? state.build?.level ?? 50;
  return h("label", { class: "field" }, h("span", null, "Level"),
    h("select", {
        value: String(level), disabled: !editable, "aria-label": "Level", class: pending.has("level") && "pending",
        onchange: (/** @type {Event} */ event) =>
          edit({ type: "set_level", level: Number(/** @type {HTMLSelectElement} */ (event.target).value) }),
      },
      Array.from({ length: 50 }, (_, index) => h("option", { key: index, value: String(50 - index) }, 50 - index))));
}

/** @param {View} view */
function originView({ state, editable, edit, pending }) {
  const origin = underway(state, ({ type }) => type === "set_origin")?.origin ?? state.build?.origin ?? "";
  const origins = ORIGINS.map((name) => ({ id: name, name }));
  return selectView("Origin", origin, origins, origin, {
    disabled: !editable, pending: pending.has("origin"), empty: "–",
    choose: (chosen) => edit({ type: "set_origin", origin: chosen }),
  });
}

/**
 * @param {View} view @param {"primary" | "secondary" | "epic"} role @param {string} label
 * @param {Named[]} choices @param {string} known
 */
function roleView(view, role, label, choices, known) {
  return h("div", { class: "powerset", key: role },
    roleSelect(view, role, label, choices, known),
    refusalView(view, role),
    known && powersView(view, known));
}

/**
 * @param {View} view @param {"primary" | "secondary" | "epic"} role @param {string} label
 * @param {Named[]} choices @param {string} known
 */
function roleSelect(view, role, label, choices, known) {
  const { state, catalogue, editable, pending } = view;
  const chosen = underway(state, (one) => one.type === "set_powerset" && one.role === role)?.powerset ?? known;
  return selectView(label, chosen, choices, powersetName(chosen, catalogue), {
    disabled: !editable, pending: pending.has(role), empty: role === "epic" ? "None" : "Choose …",
    choose: (powerset) => {
      const what = powerset ? `Change to ${choices.find(({ id }) => id === powerset)?.name}` : "Choose none";
      editIfSure(view, { type: "set_powerset", role, powerset }, what, takenOf(view, known));
    },
  });
}

/** What has to be chosen before there are powers to take, while it is not. @param {View} view */
export function beginningView(view) {
  const { archetype, powersets = {} } = view.state.build ?? {};
  if (archetype && powersets.primary && powersets.secondary) return null;
  const choices = archetype ? view.catalogue.powersets(archetype) : undefined;
  return h("div", { class: "beginning", key: "beginning" },
    archetypeView(view),
    archetype && [
      roleSelect(view, "primary", "Primary", choices?.primary ?? [], powersets.primary ?? ""),
      roleSelect(view, "secondary", "Secondary", choices?.secondary ?? [], powersets.secondary ?? ""),
    ],
    refusalView(view, "archetype", "primary", "secondary"));
}

/** @param {View} view @param {Named[]} choices */
function poolsView(view, choices) {
  const { state, catalogue, editable, edit, pending } = view;
  const pools = Object.keys(state.build?.powersets?.pools ?? {});
  const others = choices.filter(({ id }) => !pools.includes(id));
  return h("div", { class: "pools", key: "pools" },
    pools.map((id) => h("div", { class: "powerset", key: id },
      h("div", { class: "pool" },
        h("h3", null, h("small", null, "Pool"), powersetName(id, catalogue)),
        editable && h("button", {
          class: "plain", key: "remove", title: "Give up this pool and its powers",
          "aria-label": `Give up ${powersetName(id, catalogue)}`,
          onclick: () => editIfSure(
            view, { type: "remove_pool", powerset: id }, `Give up ${powersetName(id, catalogue)}`, takenOf(view, id)),
        }, "×")),
      powersView(view, id))),
    editable && h("div", { class: "powerset", key: "add" },
      selectView("Add a pool", "", others, "", {
        disabled: false, pending: pending.has("pools"), empty: "Choose …",
        choose: (powerset) => powerset && edit({ type: "add_pool", powerset }),
      })),
    refusalView(view, "pools"));
}

/**
 * The powers of a powerset, and of the one that it branches from.
 * @param {View} view @param {string} id @returns {import("../dom.js").Content}
 */
function powersView(view, id) {
  const powerset = view.catalogue.powerset(id);
  if (!powerset) return waitView(view.state);
  return [
    powerset.trunk && powersView(view, powerset.trunk),
    h("ul", { class: "powers", key: `powers ${id}`, "aria-label": `Powers of ${powerset.name}` },
      powerset.powers.filter((power) => power.pick).map((power) =>
        h("li", { key: power.id }, offerView(view, power, {}), refusalView(view, `offer:${power.id}`)))),
  ];
}

/**
 * A power that can be taken, or is.
 * @param {View} view @param {Power} power @param {{level?: number, taken?: () => void}} options
 */
export function offerView({ state, editable, edit, consider, pending, show }, power, { level, taken }) {
  const has = state.build?.powers?.[power.id];
  const place = level ? `pick:${level}` : `offer:${power.id}`;
  const operation = { type: "take_power", power: power.id, ...(level ? { level } : {}) };
  const take = () => {
    if (has) {
      show({ tab: "powers" });
      reveal(power.id);
      return;
    }
    edit(operation, place);
    taken?.();
  };
  const underWay = pending.has(`offer:${power.id}`) || pending.has(`power:${power.id}`);
  return h("button", {
      class: classes("offer", has && "taken", underWay && "pending"), disabled: !editable && !has,
      title: has ? "Show it in the build" : power.requires ? "Needs other choices first" : "",
      "aria-label": has ? `${power.name}, taken at ${has.level}` : `Take ${power.name}, from level ${power.level}`,
      onclick: take, ...(has || !editable ? {} : considering(consider, operation)),
    },
    h("span", { class: "from" }, power.level), h("span", { class: "name" }, power.name),
    has && h("span", { class: "at", key: "at" }, "✓"));
}

/** Bring a power of the build into sight. @param {string} id */
export function reveal(id) {
  requestAnimationFrame(() => {
    const card = document.getElementById(`power ${id}`);
    card?.scrollIntoView({ block: "center", behavior: "smooth" });
    card?.animate?.([{ outline: "3px solid var(--accent)" }, { outline: "3px solid transparent" }], 1200);
  });
}
