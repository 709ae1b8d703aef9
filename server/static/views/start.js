/** The start page: a name, and then a blank build, a file's build, or one from before. */

import { h, render } from "../dom.js";
import { providers } from "../elsewhere.js";
import { forget, me, postAs, remember, visits } from "../identity.js";
import { counted } from "../format.js";
import { nameField } from "./join.js";
import { Shelf, closed, libraryView } from "./library.js";
import { CLOSED, loginDialog, loginLine } from "./login.js";

const LARGEST_FILE = 2_000_000; // characters; a build file has some tens of thousands

/**
 * @typedef {object} Start
 * @property {boolean} busy
 * @property {boolean} over
 * @property {string} problem
 * @property {Made | null} made
 * @property {import("./login.js").Login} login
 * @property {import("./library.js").Library} library
 * @typedef {{id: string, url: string, import?: Problem[]}} Made
 * @typedef {{code: string, message: string, subject?: string}} Problem
 */

/** @param {HTMLElement} root */
export function startPage(root) {
  /** @type {Start} */
  let start = { busy: false, over: false, problem: "", made: null, login: CLOSED, library: closed() };
  /** @param {Partial<Start>} more */
  const show = (more) => {
    start = { ...start, ...more };
    render(root, startView(start, show, create, shelf));
  };
  const shelf = new Shelf((more) => show({ library: { ...start.library, ...more } }));
  /** @param {object} body  what the new session is made from */
  const create = async (body) => {
    const input = /** @type {HTMLInputElement} */ (root.querySelector("input[name=name]"));
    const name = input.value.trim();
    if (!name) {
      show({ problem: "Enter your name first, so that the others know who you are." });
      input.focus();
      return;
    }
    remember({ name });
    show({ busy: true, problem: "" });
    try {
      /** @type {Made} */
      const made = await postAs(name, "/api/v1/sessions", body);
      if (made.import?.length) show({ busy: false, made });
      else enter(made);
    } catch (error) {
      show({ busy: false, problem: /** @type {Error} */ (error).message });
    }
  };
  show({});
  shelf.ask(start.library);
  shelf.archetypes();
}

/** @param {Made} made */
function enter(made) {
  location.assign(new URL(made.url, location.href).pathname);
}

/**
 * @param {Start} start @param {(more: Partial<Start>) => void} show @param {(body: object) => void} create
 * @param {Shelf} shelf
 */
function startView(start, show, create, shelf) {
  /** @param {File | undefined} file */
  const open = async (file) => {
    if (!file) return;
    if (file.size > LARGEST_FILE) show({ problem: `${file.name} is too large to be a build file.` });
    else create({ file: await file.text() });
  };
  if (start.made) return importedView(start.made);
  /** @param {Partial<import("./login.js").Login>} more */
  const showLogin = (more) => show({ login: { ...start.login, ...more } });
  /** @param {import("./login.js").Login["kind"]} kind */
  const logIn = async (kind) => show({ login: { ...CLOSED, kind, providers: await providers() } });
  return h("main", {
      class: start.over ? "start over" : "start", key: "start",
      ondragover: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        if (!start.over) show({ over: true });
      },
      ondragleave: (/** @type {DragEvent} */ event) => {
        if (event.target === event.currentTarget) show({ over: false });
      },
      ondrop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        show({ over: false });
        open(event.dataTransfer?.files[0]);
      },
    },
    h("h1", null, h("img", { src: "/icon.svg", alt: "", width: 44, height: 44 }), "Cohort"),
    h("p", { class: "lead" }, "Build City of Heroes characters together, live: everybody sees every change and the new totals at once."),
    h("form", {
        class: "card", "aria-busy": start.busy,
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          create({});
        },
      },
      nameField(me().name),
      start.problem && h("p", { class: "refusal", role: "alert", key: "problem" }, start.problem),
      h("button", { class: "primary", type: "submit", disabled: start.busy }, start.busy ? "One moment …" : "Start a new build"),
      h("label", { class: "drop" },
        h("input", {
          type: "file", accept: ".mbd,.json,.txt", class: "hidden", disabled: start.busy,
          onchange: (/** @type {Event} */ event) => {
            const input = /** @type {HTMLInputElement} */ (event.target);
            open(input.files?.[0]);
            input.value = "";
          },
        }),
        h("strong", null, "Open a Mids build"),
        h("span", null, "Drop a .mbd file here, or choose one"))),
    recentView(show),
    libraryView(start.library, shelf),
    loginLine(logIn),
    loginDialog(start.login, showLogin));
}

/** @param {(more: Partial<Start>) => void} show */
function recentView(show) {
  const recent = visits();
  if (!recent.length) return null;
  return h("section", { class: "card recent", "aria-labelledby": "recent" },
    h("h2", { id: "recent" }, "Your builds here"),
    h("ul", null, recent.map(({ id, title, at }) =>
      h("li", { key: id },
        h("a", { href: `/s/${id}` }, title),
        h("time", { datetime: new Date(at).toISOString() }, new Date(at).toLocaleDateString()),
        h("button", {
          class: "plain", "aria-label": `Forget ${title}`, title: "Forget (the build itself stays)",
          onclick: () => {
            forget(id);
            show({});
          },
        }, "×")))));
}

/** Nothing is lost by these: something is there in another way than the file had it. @param {Problem} problem */
const isDetail = ({ code }) => code.startsWith("changed_") || code === "other_database";

/** What a file held that could not be taken over. @param {Made} made */
function importedView(made) {
  const problems = made.import ?? [];
  const details = problems.filter(isDetail);
  const lost = problems.filter((problem) => !isDetail(problem));
  return h("main", { class: "start", key: "imported" },
    h("h1", null, lost.length ? "Nearly all of it is here" : "It is all here"),
    h("section", { class: "card" },
      lost.length > 0 && [
        h("p", { key: "lost" }, `${counted(lost.length, "thing")} in the file could not be taken over:`),
        h("ul", { class: "problems", key: "lost list" }, lost.map((problem, index) => h("li", { key: String(index) },
          problem.message, problem.subject ? [" ", h("code", { key: "subject" }, problem.subject)] : null))),
      ],
      details.length > 0 && h("details", { key: "details", open: details.length < 4 },
        h("summary", null, `${counted(details.length, "detail differs", "details differ")} from the file`),
        h("ul", { class: "problems" }, details.map(({ message }, index) => h("li", { key: String(index) }, message)))),
      h("button", {
        class: "primary", onclick: () => enter(made),
        ref: (/** @type {HTMLElement} */ button) => queueMicrotask(() => button.focus()),
      }, "Open the build")));
}
