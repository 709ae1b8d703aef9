/** The top line: whose build this is, who is here, and whether the line to the server stands. */

import { classes, h } from "../dom.js";
import { counted, hue, initials } from "../format.js";
import { chosen } from "../made.js";
import { mayEdit, maySuggest, underway } from "../state.js";
import { archetypeName, powersetName } from "../words.js";
import { historyButton } from "./history.js";
import { refusalView, unplacedView } from "./refusal.js";
import { openSave } from "./save.js";

/** @typedef {import("../session.js").View} View */

const SHOWN = 5; // people, before they become a number
const SHOWN_NARROW = 2;
const MANY = 10; // changes that wait: more than one makes by hand while they are answered

/** To be called last, as it says what was refused and is said nowhere else. @param {View} view */
export function headerView(view) {
  const { show } = view;
  return h("header", { class: "top", key: "header" },
    h("a", { class: "brand", href: "/", title: "To the start page" }, h("img", { src: "/icon.svg", alt: "Cohort", width: 28, height: 28 })),
    h("h1", { class: "hidden" }, view.state.build?.title || "Untitled build"),
    h("div", { class: "who" }, titleView(view), h("small", { key: "character" }, characterView(view))),
    maySuggest(view.state) && h("span", { class: "chip", key: "suggester", title: "What you change is proposed to those who may edit" }, "Suggesting"),
    view.state.role === "viewer" && h("span", { class: "chip", key: "viewer", title: "You see everything and change nothing" }, "Viewing"),
    mayEdit(view.state) && againView(view),
    peopleView(view),
    linkView(view),
    !view.state.over && historyButton(view),
    view.state.link !== "ended" && saveView(view),
    ["owner", "editor"].includes(view.state.role) && view.state.link !== "ended" && h("button", { class: "primary invite", key: "invite", onclick: () => show({ dialog: "invite", about: {} }) }, "Invite"),
    awayView(view),
    refusalView(view, "title", "session"),
    unplacedView(view),
    bannersView(view));
}

/** What holds for everybody here, in sight wherever one has scrolled to. @param {View} view */
function bannersView({ state }) {
  const ended = state.link === "ended";
  return [
    ended && h("p", { class: classes("banner", state.over && "calm"), role: "alert", key: "ended" }, state.reason, " ",
      state.over ? h("a", { href: "/", key: "start" }, "To the start page") : h("a", { href: location.pathname, key: "again" }, "Try again")),
    state.locked && !ended && h("p", { class: "banner calm", role: "status", key: "locked" }, "The owner has locked this session: nobody edits just now."),
    state.degraded && !ended && h("p", { class: "banner", role: "status", key: "degraded" }, state.reason || "Edits wait for the server just now; none is lost."),
  ];
}

/** Undo and redo. @param {View} view */
function againView({ pending, again }) {
  /** @param {"undo" | "redo"} type @param {string} label @param {string} turn @param {string} title */
  const button = (type, label, turn, title) => h("button", {
    class: "plain", key: type, "aria-label": label, title,
    "aria-disabled": pending.has("session") && "true", onclick: () => pending.has("session") || again(type), // a disabled one loses the focus
  }, h("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" },
    h("path", { d: turn, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" })));
  return h("span", { class: "again", key: "again" },
    button("undo", "Undo", "M8 5 L4 9 L8 13 M4 9 H14 A5 5 0 0 1 14 19 H10", "Undo your newest edit (Ctrl+Z)"),
    button("redo", "Redo", "M16 5 L20 9 L16 13 M20 9 H10 A5 5 0 0 0 10 19 H14", "Make it again (Ctrl+Y)"));
}

/** @param {View} view */
function saveView(view) {
  return h("button", {
    class: "plain save", key: "save", "aria-label": "Save", title: "Save this build in the library", onclick: () => openSave(view),
  }, h("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true" },
    h("path", { d: "M6 4 H18 V20 L12 15 L6 20 Z", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round" })));
}

/** @param {View} view */
function titleView({ state, editable, edit, pending }) {
  const title = underway(state, ({ type }) => type === "set_title")?.title ?? state.build?.title ?? "";
  return h("input", {
    class: classes("title", pending.has("title") && "pending"), value: title, "aria-label": "Title of the build",
    placeholder: editable ? "Name this build" : "Untitled", maxlength: 80, disabled: !editable, spellcheck: "false",
    onchange: (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      const wanted = input.value.trim();
      if (wanted !== title) edit({ type: "set_title", title: wanted });
      input.value = wanted;
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (event.key === "Escape") input.value = title;
      if (event.key === "Enter" || event.key === "Escape") input.blur();
    },
  });
}

/** What kind of character this is, in a line. @param {View} view */
function characterView({ state, catalogue }) {
  const { archetype, level = 50, powersets = {} } = state.build ?? {};
  if (!archetype) return "No archetype yet";
  const sets = [powersets.primary, powersets.secondary].filter(Boolean).map((id) => powersetName(id ?? "", catalogue));
  return [`Level ${level}`, sets.join(" / "), archetypeName(archetype, catalogue)].filter(Boolean).join(" ");
}

/** @param {View} view */
function peopleView({ state, show }) {
  const others = state.present.filter((person) => person !== state.person);
  const people = [state.person, ...others];
  const names = people.map((person) => state.known[person]?.name ?? "?");
  if (state.number > 1) names.push(`${state.number - 1} more`);
  const all = Math.max(people.length, state.number);
  /** @param {number} shown @param {string} where */
  const unseen = (shown, where) => all > Math.min(people.length, shown)
    && h("span", { class: `avatar more ${where}`, key: where }, `+${all - Math.min(people.length, shown)}`);
  return h("button", {
      class: "people plain", key: "people", title: names.join(", "),
      "aria-label": `Here now: ${names.join(", ")}`, onclick: () => show({ tab: "news" }),
    },
    people.slice(0, SHOWN).map((person) => avatarView(state.known[person]?.name ?? "?", person)),
    unseen(SHOWN, "wide"), unseen(SHOWN_NARROW, "narrow"));
}

/** @param {string} name @param {string} person */
export function avatarView(name, person) {
  return h("span", {
    class: "avatar", key: person, "aria-hidden": "true", style: { "--hue": String(hue(person + name)) },
  }, initials(name));
}

/** @type {Record<string, string>} */
const LINKS = { joining: "Connecting", live: "Connected", away: "Reconnecting; your edits are kept", ended: "Disconnected" };

/** Said when the line does not come back at once. @param {View} view */
function awayView({ state }) {
  const waiting = chosen(state);
  if (state.link === "live" && waiting.length >= MANY && !state.degraded) {
    return h("p", { class: "away-for", key: "away" }, `${counted(waiting.length, "change")} of yours are being made, in your order: keep this page open.`);
  }
  if (state.link === "live" && waiting.length && !state.degraded) {
    return h("p", { class: "away-for slow", key: `slow ${waiting[0].id}` }, "The server takes its time. What you changed is kept until it answers.");
  }
  if (state.link !== "away") return null;
  const kept = waiting.length ? `${counted(waiting.length, "change")} of yours ${waiting.length === 1 ? "is" : "are"} kept, and made when it is back.` : "What you change meanwhile is kept, and made when it is back.";
  return h("p", { class: "away-for", key: "away" }, "The connection is lost. ", state.role === "viewer" ? "It comes back by itself." : kept);
}

/** @param {View} view */
function linkView({ state }) {
  const waiting = chosen(state).length > 0;
  const text = state.link === "live" && waiting ? "Saving" : LINKS[state.link];
  return h("span", { class: classes("dot", state.link, waiting && "waiting"), title: text, key: "link" },
    h("span", { class: "hidden", role: "status" }, state.link === "live" ? LINKS.live : text));
}
