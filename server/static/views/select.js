/** A labelled choice from a list. */

import { h } from "../dom.js";

/**
 * @typedef {{id: string, name: string, group?: string}} Choice  group: the heading that it is under
 * @typedef {object} Options
 * @property {boolean} disabled
 * @property {boolean} pending  the choice is on its way to the server
 * @property {string} [empty]  what "none" is called; absent: there is no such choice
 * @property {(id: string) => void} choose
 */

/**
 * @param {string} label @param {string} value @param {Choice[]} choices @param {string} name  of the value
 * @param {Options} options
 */
export function selectView(label, value, choices, name, { disabled, pending, empty, choose }) {
  // What was chosen stays readable before the list has come, and when the list lacks it.
  const listed = !value || choices.some(({ id }) => id === value) ? choices : [...choices, { id: value, name }];
  const groups = new Set(listed.map(({ group }) => group ?? ""));
  return h("label", { class: "field" }, h("span", null, label),
    h("select", {
        value, disabled, "aria-label": label, class: pending && "pending",
        onchange: (/** @type {Event} */ event) => {
          const select = /** @type {HTMLSelectElement} */ (event.target);
          choose(select.value);
          select.value = value;
        },
      },
      empty !== undefined && h("option", { key: "", value: "" }, empty),
      [...groups].map((group) => {
        const options = listed.filter((choice) => (choice.group ?? "") === group).map(optionView);
        return group ? h("optgroup", { key: `group ${group}`, label: group }, options) : options;
      })));
}

/** @param {Choice} choice */
function optionView({ id, name }) {
  return h("option", { key: id, value: id }, name);
}
