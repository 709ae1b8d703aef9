/** The build: what was picked level by level, and what the character has without picking. */

import { classes, h } from "../dom.js";
import { counted } from "../format.js";
import { deed, wish } from "../words.js";
import { powerView } from "./power.js";
import { refusalView } from "./refusal.js";
import { temporary } from "./temporary.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../wire.js").TakenPower} TakenPower
 * @typedef {{level: number, power: string, key: string}} Pick  power: "" is still to be picked
 */

/** @param {View} view */
export function buildView(view) {
  const { state, catalogue } = view;
  const powers = state.build?.powers ?? {};
  const picks = picksOf(powers, catalogue.schedule?.picks ?? []);
  return h("section", { class: "build part", tabindex: "-1", "aria-labelledby": "build", key: "build" },
    h("h2", { id: "build", class: "hidden" }, "Powers by level"),
    budgetView(view, picks),
    h("div", { class: "picks" }, picks.map((pick, index) =>
      pick.power ? powerView(view, pick.power, index) : freeView(view, pick, index))),
    grantedView(view));
}

/**
 * The pick levels, each with the power that was picked there; what does not fit comes in between.
 * @param {Record<string, TakenPower>} powers @param {number[]} levels @returns {Pick[]}
 */
function picksOf(powers, levels) {
  const waiting = Object.entries(powers)
    .filter(([, taken]) => taken.level)
    .map(([power, taken]) => ({ power, level: taken.level ?? 0 }))
    .sort((a, b) => a.level - b.level || (a.power < b.power ? -1 : 1));
  /** @type {Pick[]} */
  const picks = [];
  levels.forEach((level, index) => {
    while (waiting.length && waiting[0].level < level) picks.push(picked(waiting.shift()));
    if (waiting.length && waiting[0].level === level) picks.push(picked(waiting.shift()));
    else picks.push({ level, power: "", key: `free ${index}` });
  });
  return [...picks, ...waiting.map(picked)];
}

/** @param {{power: string, level: number} | undefined} taken @returns {Pick} */
function picked(taken) {
  return { level: taken?.level ?? 0, power: taken?.power ?? "", key: taken?.power ?? "" };
}

/** A pick that is still free: a place to choose a power, or to drop one onto. @param {View} view @param {Pick} pick @param {number} index */
function freeView(view, { level, key }, index) {
  const { editable, edit, pending, show } = view;
  const place = `pick:${level}`;
  return h("div", { class: "slot-free", key, "data-pick": index },
    h("button", {
        class: classes("free", pending.has(place) && "pending"), disabled: !editable,
        "aria-label": `Choose a power for level ${level}`,
        onclick: () => show({ dialog: "take", about: { level } }),
        ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
        ondrop: (/** @type {DragEvent} */ event) => {
          event.preventDefault();
          const power = event.dataTransfer?.getData("text/plain");
          if (power) edit({ type: "move_power", power, level }, place);
        },
      },
      h("span", { class: "badge" }, level), h("span", null, editable ? "Choose a power" : "Free")),
    refusalView(view, place));
}

/** How much of what the game gives is used. @param {View} view @param {Pick[]} picks */
function budgetView(view, picks) {
  const { state, catalogue, show } = view;
  const schedule = catalogue.schedule;
  const used = picks.filter((pick) => pick.power).length;
  const added = Object.values(state.build?.powers ?? {})
    .flatMap((taken) => Object.keys(taken.slots ?? {}))
    .filter((slot) => slot !== "own").length;
  const slots = schedule?.slots.reduce((sum, { count }) => sum + count, 0) ?? 0;
  const findings = state.findings.length;
  const proposals = Object.keys(state.proposals).length;
  /** @param {string} id */
  const goTo = (id) => {
    show({ tab: "news" });
    requestAnimationFrame(() => document.getElementById(id)?.scrollIntoView({ block: "center" }));
  };
  return h("div", { class: "budget" },
    h("span", null, h("b", null, used), ` / ${schedule?.picks.length ?? "…"} powers`),
    h("span", null, h("b", null, added), ` / ${slots || "…"} slots`),
    findings > 0 && h("button", { class: "plain findings", key: "findings", onclick: () => goTo("findings") }, counted(findings, "finding")),
    proposals > 0 && h("button", { class: "plain open-proposals", key: "proposals", onclick: () => goTo("proposals") }, counted(proposals, "proposal")),
    latestView(view));
}

/** What somebody did or said last. @param {View} view */
function latestView({ state, catalogue, show }) {
  const [last] = state.feed;
  const said = state.said.at(-1);
  const asked = Object.values(state.proposals).sort((a, b) => a.at - b.at).at(-1);
  if (asked && asked.at > Math.max(last?.at ?? 0, said?.at ?? 0)) {
    const who = asked.by === state.person ? "You suggest" : `${state.known[asked.by]?.name ?? "Somebody"} suggests`;
    return h("span", { class: "latest", key: "asked" }, `${who}: ${asked.title || wish(asked.operations, state.build, catalogue)}`);
  }
  if (said && said.at > (last?.at ?? 0)) {
    return h("button", { class: "plain latest", key: "said", onclick: () => show({ tab: "news" }) },
      `${said.by === state.person ? "You" : said.name}: “${said.text}”`);
  }
  if (!last) return null;
  const who = last.by === state.person ? "You" : state.known[last.by]?.name ?? "The server";
  return h("span", { class: "latest", key: "latest" }, `${who} ${deed(last, catalogue)}`);
}

/** Powers that everybody has anyway: they stay folded while nothing is chosen about them. */
const EVERYBODYS = "Inherent.Inherent";

/** What comes without picking and can be slotted or switched. @param {View} view */
function grantedView(view) {
  const { state, catalogue } = view;
  if (!state.build?.archetype) return null;
  const elsewhere = [...Object.values(state.build.incarnates ?? {}), ...temporary(view)]; // in places of their own
  const chosen = Object.entries(state.build.powers ?? {})
    .filter(([id, taken]) => !taken.level && !elsewhere.includes(id))
    .map(([id]) => id);
  const granted = catalogue.granted(state.build).filter((power) => (power.max_slots || power.switchable) && !elsewhere.includes(power.id));
  const shown = granted.filter((power) => power.max_slots && power.powerset !== EVERYBODYS).map((power) => power.id);
  const ids = [...new Set([...shown, ...chosen])];
  const folded = granted.map((power) => power.id).filter((id) => !ids.includes(id));
  return [
    h("h2", { class: "rule", key: "granted" }, "Inherent and granted"),
    h("div", { class: "picks", key: "granted powers" }, ids.map((id) => powerView(view, id))),
    folded.length > 0 && h("details", { class: "rest", key: "rest" },
      h("summary", null, counted(folded.length, "other power")),
      h("div", { class: "picks" }, folded.map((id) => powerView(view, id)))),
  ];
}
