/** The page of a saved build, at its permanent link: its versions, and what can be done with it. */

import { h, render } from "../dom.js";
import { Catalogue } from "../catalogue.js";
import { counted } from "../format.js";
import { get } from "../api.js";
import { callAs, getAs, me, personOf, postAs, remember, savedAs } from "../identity.js";
import { comparedList } from "./compared.js";
import { nameField } from "./join.js";
import { character } from "./library.js";
import { VISIBILITIES } from "./save.js";
import { wholeView } from "./whole.js";

/**
 * @typedef {import("./library.js").Saved} Saved
 * @typedef {{version: number, author: {name: string}, at: number, message?: string, restored?: number}} Version
 * @typedef {{saved: Saved | null, versions: Version[], whole: any, catalogue: Catalogue, person: string, said: string, sure: boolean, compared: any, stats: any[]}} Shown
 */

/** @param {HTMLElement} root @param {string} id */
export function savedPage(root, id) {
  const path = `/api/v1/builds/${id}`;
  /** @type {Shown} */
  let shown = { saved: null, versions: [], whole: null, catalogue: new Catalogue(() => show({})), person: personOf(me().token), said: "", sure: false, compared: null, stats: [] };
  /** @param {Partial<Shown>} more */
  const show = (more) => {
    shown = { ...shown, ...more };
    document.title = `${shown.saved?.title ?? "Build"} · Cohort`;
    render(root, savedView(shown, show, act));
  };
  const load = async (said = "") => {
    try {
      const [saved, versions] = await Promise.all([getAs(path), getAs(`${path}/versions`)]);
      show({ saved, versions, said, sure: false });
      show({ whole: await getAs(`${path}/versions/${saved.version}`) });
    } catch (error) {
      show({ saved: null, said: /** @type {Error} */ (error).message });
    }
  };
  /** What its buttons do. */
  const act = {
    /** Somebody's first act here makes them a guest. @param {string} where @param {object} body */
    make: async (where, body) => {
      const input = /** @type {HTMLInputElement | null} */ (root.querySelector("input[name=name]"));
      const name = input ? input.value.trim() : me().name;
      if (!name) {
        show({ said: "Enter your name first." });
        input?.focus();
        return;
      }
      remember({ name });
      try {
        const made = await postAs(name, path + where, body);
        if (where === "/sessions" && shown.saved?.author.person === shown.person) savedAs(made.id, id);
        location.assign(where === "/sessions" ? `/s/${made.id}` : `/b/${made.id}`);
      } catch (error) {
        show({ said: /** @type {Error} */ (error).message });
      }
    },
    /** @param {string} method @param {string} where @param {object} [body] */
    change: async (method, where, body) => {
      try {
        await callAs(method, path + where, body, { "If-Match": shown.saved?.etag ?? "" });
        if (method === "DELETE" && !where) location.assign("/");
        else await load();
      } catch (error) {
        await load(/** @type {Error} */ (error).message); // what it is now, and why nothing was done
      }
    },
    /** @param {number} from */
    compare: async (from) => {
      try {
        const [compared, stats] = await Promise.all([getAs(`${path}/compare?from=${from}`), get("/api/v1/stats")]);
        show({ compared, stats });
      } catch (error) {
        show({ said: /** @type {Error} */ (error).message });
      }
    },
  };
  shown.catalogue.open();
  load();
}

/** @param {Shown} shown @param {(more: Partial<Shown>) => void} show @param {any} act */
function savedView(shown, show, act) {
  const { saved, versions, whole, catalogue, said, sure, compared } = shown;
  if (!saved && !said) return h("main", { class: "start", key: "wait" }, h("p", { class: "waiting", role: "status" }, "One moment …"));
  if (!saved) {
    return h("main", { class: "start", key: "none" }, h("section", { class: "card" },
      h("h1", null, "This build cannot be shown"), h("p", { role: "alert" }, said),
      h("a", { class: "button primary", href: "/" }, "To the start page")));
  }
  const mine = saved.author.person === shown.person;
  return h("main", { class: "start saved", key: "saved" },
    h("h1", null, saved.title),
    h("p", { class: "lead" }, character(saved), h("br", null), `by ${saved.author.name}`,
      saved.forked_from && [", ", h("a", { href: `/b/${saved.forked_from.build}`, key: "origin" }, `forked from version ${saved.forked_from.version} of another`)]),
    saved.tags && h("p", { class: "tags", key: "tags" }, saved.tags.map((tag) => h("span", { key: tag, class: "tag" }, `#${tag}`))),
    h("section", { class: "card", key: "do" },
      said && h("p", { class: "refusal", role: "alert", key: "said" }, said),
      !me().token && nameField(me().name),
      h("div", { class: "answers" },
        me().token && h("button", { key: "favourite", "aria-pressed": String(Boolean(saved.favourite)), onclick: () => act.change(saved.favourite ? "DELETE" : "PUT", "/favourite") },
          `★ ${counted(saved.favourites, "favourite")}`),
        h("button", { key: "fork", onclick: () => act.make("/forks", {}) }, "Fork"),
        h("button", { key: "open", class: "primary", onclick: () => act.make("/sessions", {}) }, "Open in a new session")),
      mine && h("div", { class: "answers", key: "mine" },
        h("select", {
          key: "visibility", "aria-label": "Who sees it", value: saved.visibility,
          onchange: (/** @type {Event} */ event) => act.change("PATCH", "", { visibility: /** @type {HTMLSelectElement} */ (event.target).value }),
        }, VISIBILITIES.map(([value, label]) => h("option", { key: value, value }, label))),
        sure
          ? h("button", { key: "delete surely", class: "primary", onclick: () => act.change("DELETE", "") }, "Delete it with all versions")
          : h("button", { key: "delete", onclick: () => show({ sure: true }) }, "Delete …")),
      mine && describeView(saved, act)),
    h("section", { class: "card", key: "versions", "aria-labelledby": "versions" },
      h("h2", { id: "versions" }, "Versions"),
      h("ul", { class: "saved-list" }, versions.map((version) => versionView(version, saved, mine, act)))),
    compared && comparedView(compared, shown.stats),
    whole && catalogue.about && wholeView(catalogue, whole),
    h("p", null, h("a", { href: "/" }, "To the start page")));
}

/** Its author gives it another title, and tags. @param {Saved} saved @param {any} act */
function describeView(saved, act) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const [title, tags] = ["title", "tags"].map((field) => String(new FormData(form).get(field)));
    form.closest("details")?.removeAttribute("open");
    act.change("PATCH", "", { title: title.trim(), tags: tagsIn(tags) });
  };
  return h("details", { key: "describe" },
    h("summary", null, "Rename it, tag it"),
    h("form", { class: "describe", onsubmit: submit },
      h("label", { class: "field" }, h("span", null, "Title"),
        h("input", { name: "title", value: saved.title, required: true, maxlength: 80, autocomplete: "off" })),
      h("label", { class: "field" }, h("span", null, "Tags, ten at most: others find it by them"),
        h("input", { name: "tags", value: (saved.tags ?? []).join(" "), maxlength: 260, autocomplete: "off", autocapitalize: "none", placeholder: "farm fire all-rounder" })),
      h("div", { class: "answers" }, h("button", { type: "submit" }, "Save"))));
}

/** As tags are written: small letters, digits and dashes. @param {string} text */
function tagsIn(text) {
  const words = text.toLowerCase().split(/[\s,#]+/).map((word) => word.replace(/[^a-z0-9_-]/g, "").replace(/^[_-]+/, ""));
  return words.filter(Boolean).map((word) => word.slice(0, 24)).slice(0, 10);
}

/** @param {Version} version @param {Saved} saved @param {boolean} mine @param {any} act */
function versionView({ version, message, at, author, restored }, saved, mine, act) {
  const newest = version === saved.version;
  return h("li", { key: String(version) },
    h("div", null,
      h("strong", null, message || restored ? `${version}. ${message || `Version ${restored} again`}` : `Version ${version}`),
      h("small", { key: "by" }, `${author.name}, ${new Date(at).toLocaleString()}`)),
    h("div", { class: "row" },
      !newest && h("button", { key: "compare", onclick: () => act.compare(version) }, "Compare"),
      !newest && h("button", { key: "open", onclick: () => act.make("/sessions", { version }) }, "Open"),
      !newest && mine && h("button", { key: "restore", onclick: () => act.change("POST", "/restore", { version }) }, "Restore")));
}

/** From an old version to the newest. @param {any} compared @param {any[]} stats */
function comparedView({ before, after, difference }, stats) {
  return h("section", { class: "card compared", key: "compared", "aria-labelledby": "compared" },
    h("h2", { id: "compared" }, `From version ${before.version} to ${after.version}`),
    comparedList(difference, stats));
}
