/** The library on the start page: one's own builds, favourites, and a search over public ones. */

import { h } from "../dom.js";
import { amount, plainId } from "../format.js";
import { getAs, me } from "../identity.js";
import { get } from "../api.js";

/**
 * @typedef {import("../catalogue.js").Named} Named
 * @typedef {import("../catalogue.js").Powersets} Powersets
 *
 * @typedef {object} Saved
 * @property {string} id
 * @property {string} etag
 * @property {string} title
 * @property {{person: string, name: string}} author
 * @property {"private" | "unlisted" | "public"} visibility
 * @property {number} version
 * @property {number} level
 * @property {number} updated_at
 * @property {number} favourites
 * @property {Record<string, number>} stats
 * @property {string} [archetype]
 * @property {string} [primary]
 * @property {string} [secondary]
 * @property {string} [message]
 * @property {string[]} [tags]
 * @property {boolean} [favourite]
 * @property {{build: string, version: number}} [forked_from]
 *
 * @typedef {object} Library
 * @property {"mine" | "favourites" | "public"} whose
 * @property {string} text
 * @property {string} archetype
 * @property {string} powerset
 * @property {string} tag
 * @property {string} stat  whose total is to be at least so many percent
 * @property {string} percent
 * @property {Saved[] | null} builds  null: not there yet
 * @property {string} next
 * @property {string} said
 * @property {Named[]} archetypes
 * @property {Powersets | null} powersets  of the archetype
 */

/** @type {[Library["whose"], string][]} */
const TABS = [["public", "Public"], ["mine", "Mine"], ["favourites", "Favourites"]];
/** @type {[string, string][]} */
const STATS = [
  ["defense.melee", "Melee defense"], ["defense.ranged", "Ranged defense"], ["defense.aoe", "AoE defense"],
  ["resistance.smashing", "Smashing resistance"], ["resistance.lethal", "Lethal resistance"], ["offense.recharge", "Haste"],
];
const PERCENT = { format: "percent", unit: "fraction" };
const WAIT_MS = 250; // while somebody types
/** @type {Pick<Library, "text" | "archetype" | "powerset" | "tag" | "percent">} */
const ANY = { text: "", archetype: "", powerset: "", tag: "", percent: "" };
/** @type {[keyof Powersets, string][]} */
const ROLES = [["primary", "Primary"], ["secondary", "Secondary"], ["pool", "Pool"], ["epic", "Epic"]];
const EMPTY = {
  public: "Nobody has published a build yet. Save one of yours so that everybody finds it: it will be the first.",
  mine: "Here is room for your builds. Start or open one above, and save it with the bookmark at its top.",
  favourites: "The ★ of a build that you like keeps it here.",
};

/** What the library shows at first. @returns {Library} */
export const closed = () => ({
  whose: me().token ? "mine" : "public", ...ANY, stat: "defense.ranged",
  builds: null, next: "", said: "", archetypes: [], powersets: null,
});

/** Asks, and tells what came. Only the newest question's answer counts. */
export class Shelf {
  #number = 0;
  #timer = 0;
  /** @param {(more: Partial<Library>) => void} tell */
  constructor(tell) {
    this.tell = tell;
  }

  /** Soon, when nothing else is asked meanwhile. @param {Library} library */
  soon(library) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(library), WAIT_MS);
  }

  /** @param {Library} library @param {boolean} [more]  the next page, too */
  async ask(library, more = false) {
    const number = ++this.#number;
    try {
      const found = await getAs(`/api/v1/builds?${query(library, more ? library.next : "")}`);
      if (number !== this.#number) return;
      this.tell({
        builds: [...(more ? library.builds ?? [] : []), ...found.builds], next: found.next ?? "", said: "",
      });
    } catch (error) {
      if (number === this.#number) this.tell({ builds: [], next: "", said: /** @type {Error} */ (error).message });
    }
  }

  /** @param {string} archetype */
  async powersets(archetype) {
    this.tell({ powersets: null });
    try {
      if (archetype) this.tell({ powersets: await get(`/api/v1/catalogue/archetypes/${encodeURIComponent(archetype)}/powersets`) });
    } catch {
      // As without a choice of archetypes.
    }
  }

  async archetypes() {
    try {
      this.tell({ archetypes: await get("/api/v1/catalogue/archetypes") });
    } catch {
      // Then there is no choice of archetypes, and all else works.
    }
  }
}

/** @param {Library} library @param {string} after */
function query({ whose, text, archetype, powerset, tag, stat, percent }, after) {
  const asked = new URLSearchParams({ whose });
  if (text.trim()) asked.set("text", text.trim());
  if (archetype) asked.set("archetype", archetype);
  if (powerset) asked.set("powerset", powerset);
  if (tag) asked.set("tag", tag);
  if (percent) asked.set("at_least", `${stat}:${Number(percent) / 100}`);
  if (after) asked.set("after", after);
  return asked;
}

/** @param {Library} library @param {Shelf} shelf */
export function libraryView(library, shelf) {
  /** @param {Partial<Library>} more */
  const change = (more) => {
    shelf.tell(more);
    shelf.soon({ ...library, ...more });
  };
  /** @param {keyof Library} field */
  const typed = (field) => (/** @type {Event} */ event) => change({ [field]: /** @type {HTMLInputElement} */ (event.target).value });
  const tabs = me().token ? TABS : TABS.slice(0, 1); // who is nobody yet has none
  return h("section", { class: "card library", "aria-labelledby": "library", key: "library" },
    h("h2", { id: "library" }, "Library"),
    tabs.length > 1 && h("div", { class: "row", role: "group", "aria-label": "Whose builds", key: "whose" }, tabs.map(([whose, label]) =>
      h("button", { key: whose, type: "button", "aria-pressed": String(library.whose === whose), onclick: () => change({ whose }) }, label))),
    h("div", { class: "asked", key: "asked" },
      h("input", { key: "text", class: "wide", type: "search", value: library.text, maxlength: 100, placeholder: "Title, tag, author …", "aria-label": "Search builds", oninput: typed("text") }),
      h("select", {
          key: "archetype", "aria-label": "Archetype", value: library.archetype,
          onchange: (/** @type {Event} */ event) => {
            const archetype = /** @type {HTMLSelectElement} */ (event.target).value;
            change({ archetype, powerset: "" });
            shelf.powersets(archetype);
          },
        },
        h("option", { key: "", value: "" }, "Any archetype"),
        library.archetypes.map(({ id, name }) => h("option", { key: id, value: id }, name))),
      powersetView(library, typed("powerset")),
      h("select", { key: "stat", "aria-label": "Total", value: library.stat, onchange: typed("stat") },
        STATS.map(([stat, label]) => h("option", { key: stat, value: stat }, label))),
      h("input", { key: "percent", type: "number", min: 0, max: 500, value: library.percent, placeholder: "at least %", "aria-label": "At least, in percent", oninput: typed("percent") })),
    library.tag && h("p", { class: "row", key: "tag" },
      h("button", { type: "button", class: "tag", "aria-label": `Any tag, not only ${library.tag}`, onclick: () => change({ tag: "" }) }, `#${library.tag} ×`)),
    library.said && h("p", { class: "refusal", role: "alert", key: "said" }, library.said),
    emptyView(library, () => change(ANY)),
    h("ul", { class: "saved-list", key: "builds" }, (library.builds ?? []).map((saved) => savedView(saved, (tag) => change({ tag })))),
    library.next && h("button", { key: "more", type: "button", onclick: () => shelf.ask(library, true) }, "More"));
}

/** @param {Library} library @param {(event: Event) => void} chosen */
function powersetView({ powerset, powersets }, chosen) {
  return h("select", { key: "powerset", "aria-label": "Powerset", value: powerset, disabled: !powersets, onchange: chosen },
    h("option", { key: "", value: "" }, "Any powerset"),
    powersets && ROLES.map(([role, label]) => h("optgroup", { key: role, label },
      powersets[role].map(({ id, name }) => h("option", { key: id, value: id }, name)))));
}

/** @param {Library} library @param {() => void} askLess */
function emptyView(library, askLess) {
  const isEmpty = library.builds?.length === 0 && !library.said;
  const asksMore = Object.keys(ANY).some((field) => library[/** @type {keyof typeof ANY} */ (field)]);
  return h("div", { class: "hint", role: "status", key: "none" },
    isEmpty && (asksMore ? "No build is like that." : EMPTY[library.whose]),
    isEmpty && asksMore && h("button", { key: "less", type: "button", class: "plain", onclick: askLess }, "Ask for less"));
}

/** @param {Saved} saved @param {(tag: string) => void} ask */
function savedView(saved, ask) {
  const reached = STATS.filter(([stat]) => saved.stats[stat]).slice(0, 3);
  return h("li", { key: saved.id },
    h("div", null,
      h("a", { href: `/b/${saved.id}` }, saved.title),
      saved.visibility !== "public" && h("span", { class: "chip", key: "visibility" }, saved.visibility),
      h("small", { key: "character" }, character(saved)),
      h("small", { key: "stats" }, reached.map(([stat, label]) => `${label} ${amount(PERCENT, saved.stats[stat])}`).join(" · ")),
      saved.tags && h("div", { class: "tags", key: "tags" }, saved.tags.map((tag) =>
        h("button", { key: tag, type: "button", class: "tag", onclick: () => ask(tag) }, `#${tag}`)))),
    h("small", { class: "by" }, `${saved.author.name}, ${new Date(saved.updated_at).toLocaleDateString()}`,
      saved.favourites > 0 && ` · ★ ${saved.favourites}`));
}

/** What kind of character this is, in a line. @param {Saved} saved */
export function character({ level, archetype = "", primary = "", secondary = "" }) {
  const sets = [primary, secondary].filter(Boolean).map(plainId).join(" / ");
  return [`Level ${level}`, sets, plainId(archetype).replace(/^Class /, "")].filter(Boolean).join(" ");
}
