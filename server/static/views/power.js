/** One power of the build: its level, whether it counts, and its slots. */

import { lookersAt } from "../company.js";
import { classes, h } from "../dom.js";
import { plainId } from "../format.js";
import { newSlot } from "../placing.js";
import { underway } from "../state.js";
import { avatarView } from "./header.js";
import { refusalView } from "./refusal.js";
import { slotView, slotsOf } from "./slot.js";
import { editIfSure } from "./sure.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Power} Power
 * @typedef {import("../wire.js").TakenPower} TakenPower
 */

/** @param {View} view @param {string} id @param {number} [pick]  its place among the picks */
export function powerView(view, id, pick) {
  const { state, catalogue, editable, edit, drag, pending, show } = view;
  const taken = state.build?.powers?.[id] ?? {};
  const power = catalogue.power(id);
  const name = power?.name ?? plainId(id);
  const on = isOn(view, id, power, taken);
  const findings = state.findings.filter((finding) => finding.power === id);
  return h("article", {
      class: classes("power", on && "on", pending.has(`power:${id}`) && "pending"), key: id, id: `power ${id}`, "data-pick": pick, "aria-label": name,
      draggable: editable && taken.level ? "true" : undefined,
      ondragstart: (/** @type {DragEvent} */ event) => {
        event.dataTransfer?.setData("text/plain", id);
        drag(id);
      },
      ondragend: () => drag(""),
      ondragover: (/** @type {DragEvent} */ event) => taken.level && event.preventDefault(),
      ondrop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        const moved = event.dataTransfer?.getData("text/plain");
        if (moved && moved !== id && taken.level) edit({ type: "move_power", power: moved, level: taken.level });
      },
    },
    h("div", { class: "head" },
      levelView(view, id, name, taken),
      h("h3", null, h("button", {
        class: "plain", title: `${name}\n${power?.powerset_name ?? ""}`, "aria-label": `Figures of ${name}`,
        onclick: () => show({ dialog: "inspect", about: { power: id } }),
      }, name)),
      lookersAt(state, id).map(({ person, dragging }) => lookerView(state, person, dragging)),
      findings.length > 0 && h("span", {
        class: "finding", key: "finding", role: "img", title: findings.map((finding) => finding.message).join("\n"),
        "aria-label": findings.map((finding) => finding.message).join(" "),
      }, "!"),
      power?.counts && countView(view, id, name, power, taken),
      power?.switchable && switchView(view, id, name, on),
      editable && taken.level && h("button", {
        class: "plain drop-power", key: "drop", "aria-label": `Drop ${name}`, title: "Drop this power",
        onclick: () => editIfSure(view, { type: "drop_power", power: id }, `Drop ${name}`, [id]),
      }, "×")),
    (power?.max_slots ?? 0) > 0 && h("div", { class: "slots", key: "slots" },
      slotsOf(taken).map((slot, index) => slotView(view, id, name, slot, index)),
      editable && slotsOf(taken).length < (power?.max_slots ?? 0) && addView(view, id, name)),
    refusalView(view, `power:${id}`, ...slotsOf(taken).map((slot) => `slot:${id}/${slot.id}`)));
}

/** Somebody who looks at this power. @param {View["state"]} state @param {string} person @param {boolean} [dragging] */
function lookerView(state, person, dragging) {
  const name = state.known[person]?.name ?? "?";
  return h("span", { class: "looker", key: `looker ${person}`, title: `${name} ${dragging ? "moves" : "is at"} this` }, avatarView(name, person));
}

/** @param {View} view @param {string} id @param {Power | undefined} power @param {TakenPower} taken */
export function isOn({ state }, id, power, taken) {
  const wanted = underway(state, (operation) => operation.type === "switch_power" && operation.power === id);
  return wanted?.on ?? taken.on ?? power?.on ?? false;
}

/** The level of the pick: choosing another one moves the power. @param {View} view @param {string} id @param {string} name @param {TakenPower} taken */
function levelView({ state, catalogue, editable, edit }, id, name, taken) {
  if (!taken.level) return null;
  const level = underway(state, (one) => one.type === "move_power" && one.power === id)?.level ?? taken.level;
  const levels = [...new Set([...(catalogue.schedule?.picks ?? []), level])].sort((a, b) => a - b);
  return h("select", {
      class: "badge", key: "level", value: String(level), disabled: !editable, "aria-label": `Level of ${name}`,
      title: "Picked at this level; choose another to move it",
      onchange: (/** @type {Event} */ event) => {
        const select = /** @type {HTMLSelectElement} */ (event.target);
        edit({ type: "move_power", power: id, level: Number(select.value) });
      },
    },
    levels.map((one) => h("option", { key: one, value: String(one) }, one)));
}

/** @param {View} view @param {string} id @param {string} name @param {Power} power @param {TakenPower} taken */
function countView({ state, editable, edit }, id, name, power, taken) {
  const counts = /** @type {import("../catalogue.js").Counts} */ (power.counts);
  const wanted = underway(state, (operation) => operation.type === "set_count" && operation.power === id);
  const count = wanted?.count ?? taken.count ?? counts.default;
  return h("input", {
    class: "count", key: "count", type: "number", min: 0, max: counts.max, value: String(count), disabled: !editable,
    "aria-label": `Targets or stacks of ${name}`, title: "How many targets, allies or stacks to assume",
    onchange: (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (input.value !== "" && input.validity.valid) edit({ type: "set_count", power: id, count: Number(input.value) });
      else input.value = String(count);
    },
  });
}

/** @param {View} view @param {string} id @param {string} name @param {boolean} on */
export function switchView({ editable, edit }, id, name, on) {
  return h("input", {
    class: "switch", key: "switch", type: "checkbox", role: "switch", checked: on, disabled: !editable,
    "aria-label": `${name} counts in the totals`, title: on ? "Counts in the totals" : "Off: does not count in the totals",
    onchange: (/** @type {Event} */ event) =>
      edit({ type: "switch_power", power: id, on: /** @type {HTMLInputElement} */ (event.target).checked }),
  });
}

/** @param {View} view @param {string} id @param {string} name */
function addView({ edit }, id, name) {
  return h("button", {
    class: "slot add", key: "add", "aria-label": `Add a slot to ${name}`, title: "Add a slot",
    onclick: () => edit({ type: "add_slot", power: id, slot: newSlot() }),
  }, "+");
}
