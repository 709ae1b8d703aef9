/** One session on this page: joins its state, its socket, the catalogue and the views. */

import { Problem, call } from "./api.js";
import { Catalogue } from "./catalogue.js";
import { render } from "./dom.js";
import { forget, fresh, getAs, me, remember, visited } from "./identity.js";
import { chosen } from "./made.js";
import { newId } from "./placing.js";
import { Questions } from "./questions.js";
import { said, saying } from "./saying.js";
import { Sending } from "./sending.js";
import { SessionSocket } from "./socket.js";
import {
  OutOfStep, dismissed, edited, initial, linked, mayEdit, maySuggest, pendingPlaces, receive,
} from "./state.js";
import { closeDialog } from "./views/dialog.js";
import { joinView } from "./views/join.js";
import { refreshManage } from "./views/manage.js";
import { sessionView } from "./views/session.js";
import { wish } from "./words.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./wire.js").Operation} Operation
 * @typedef {import("./wire.js").ServerMessage} ServerMessage
 *
 * @typedef {object} Ui  what only this window knows
 * @property {string} tab  which part a narrow window shows
 * @property {string} dialog  which dialog is open: "", "picker", "take", "invite", "sure"
 * @property {Record<string, any>} about  what the dialog is about
 * @property {Record<string, any>} kept  choices of this window that outlive a dialog
 *
 * @typedef {object} View  everything that a view needs
 * @property {State} state
 * @property {Catalogue} catalogue
 * @property {string} session
 * @property {string} invitation  the secret of the link that this page was opened by; "" is none
 * @property {Ui} ui
 * @property {boolean} editable  what is changed here is an edit, or a proposal
 * @property {Set<string>} pending  places with an edit on its way
 * @property {import("./wire.js").Previewed | import("./wire.js").Refused | undefined} preview  of what is considered
 * @property {Set<string>} spoken  places that have said what was refused there
 * @property {(operations: Operation | Operation[] | null) => void} consider  what these would come to; null: no more
 * @property {(stat: string) => import("./wire.js").Explained | import("./wire.js").Refused | undefined} explain
 * @property {(power: string) => import("./wire.js").Inspected | import("./wire.js").Refused | undefined} inspect
 * @property {(text: string) => void} say
 * @property {(proposal: string, accept: boolean) => void} decide
 * @property {(power: string) => void} drag  a power is being moved; "": no more
 * @property {(operations: Operation | Operation[], from?: string) => void} edit
 * @property {(type: "undo" | "redo") => void} again
 * @property {(place: string) => void} dismiss
 * @property {(sentence: string) => void} part  this ends the session for this person: why it ended; "": it does not
 * @property {(more: Partial<Ui>) => void} show
 */

/**
 * Returns what is to be done when another invitation to the session is opened in its window.
 * @param {HTMLElement} root @param {string} id @param {string} invitation @returns {(invitation: string) => void}
 */
export function startSession(root, id, invitation) {
  const known = me();
  /** @type {SessionPage | undefined} */
  let page;
  /** @param {string} name */
  const open = (name) => {
    page = new SessionPage(root, id, invitation, name);
    page.open();
  };
  if (known.token || known.name || !invitation) {
    open(known.name);
  } else {
    const asked = call("GET", `/api/v1/sessions/${encodeURIComponent(id)}`, undefined, "", { Invitation: invitation });
    joinView(root, open, asked);
  }
  return (another) => {
    if (page) {
      page.invited(another);
    } else { // nobody has come yet
      history.replaceState(null, "", `#${another}`);
      location.reload();
    }
  };
}

const NOT_AUTHENTICATED = 4401;
const NOT_ALLOWED = 4403;
const NO_SESSION = 4404;
const RENEW_MS = 30_000; // how often we look whether an account's token ends soon
/** @type {Record<string, "undo" | "redo">} */
const UNDOING = { z: "undo", y: "redo", "shift z": "redo" };
const CONSIDERED_MS = 90; // a pointer on its way elsewhere considers nothing
const WRITING = "textarea, input:not([type=checkbox])"; // these undo what was typed

class SessionPage {
  /** @type {State} */ state = initial();
  /** @type {Ui} */ ui = { tab: "powers", dialog: "", about: {}, kept: {} };
  client = newId();
  /** @type {SessionSocket | undefined} */ socket;
  drawing = 0;
  isNew = true; // nothing of the session is known yet
  /** @type {Operation[] | null} */ considered = null;
  considering = 0;
  refused = 0; // when our token was, last
  focus = "{}"; // what others know that we look at
  parting = ""; // what this person is doing that ends it for them, as a sentence
  /** @type {Element | undefined} */ top;
  heights = new ResizeObserver(([{ borderBoxSize: [{ blockSize }] }]) => this.root.style.setProperty("--top", `${blockSize}px`));
  questions = new Questions((message) => this.tell(message), () => this.draw());
  edits = new Sending(() => this.state.pending[0], (edit) => this.tell(messageOf(edit)), ({ operations }) => [1, operations.length || 1]);
  words = new Sending(() => this.state.unsaid[0], ({ id, text }) => this.tell({ type: "say", id, text }));

  /** @param {HTMLElement} root @param {string} id @param {string} invitation @param {string} name */
  constructor(root, id, invitation, name) {
    this.root = root;
    this.id = id;
    this.invitation = invitation;
    this.opened = invitation;
    this.name = name;
    this.catalogue = new Catalogue(() => this.draw());
  }

  async open() {
    this.catalogue.open();
    this.draw();
    await fresh();
    this.connect();
    setInterval(() => this.renew(), RENEW_MS);
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("beforeunload", (event) => {
      // What the server has not got yet goes with the page.
      if ((chosen(this.state).length || this.state.unsaid.length) && this.state.link !== "ended") event.preventDefault();
    });
  }

  /** What everybody's fingers know: Ctrl+Z, and Ctrl+Y or Ctrl+Shift+Z. @param {KeyboardEvent} event */
  key(event) {
    const type = UNDOING[`${event.shiftKey ? "shift " : ""}${event.key.toLowerCase()}`];
    const writing = event.target instanceof HTMLElement && event.target.matches(WRITING);
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !type || writing || !mayEdit(this.state)) return;
    event.preventDefault();
    this.again(type);
  }

  connect() {
    const address = new URL(`/api/v1/sessions/${this.id}/live`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new SessionSocket(address.href, {
      join: () => this.join(),
      message: (message) => this.receive(message),
      away: () => this.set(linked(this.state, "away")),
      ended: (code, reason) => this.ended(code, reason),
    });
  }

  /** An account's token is short-lived: the line stays for as long as the newest is good. */
  async renew() {
    const { token } = me();
    await fresh();
    if (me().token && me().token !== token) this.socket?.send({ type: "renew", token: me().token });
  }

  /** @param {number} code @param {string} reason */
  async ended(code, reason) {
    if (code === NOT_AUTHENTICATED && me().refresh && Date.now() > this.refused + RENEW_MS) {
      this.refused = Date.now(); // a server that refuses what it has just given is not asked for ever
      await fresh(true);
      if (me().token) {
        this.connect();
        return;
      }
    } else if (code === NOT_AUTHENTICATED && me().token && !me().refresh) {
      remember({ token: "" }); // it has expired; a link makes a new one
      if (this.invitation) {
        this.connect();
        return;
      }
    }
    const over = code === NO_SESSION || (code === NOT_ALLOWED && (this.state.link === "live" || await this.isOut()));
    if (over) forget(this.id);
    closeDialog(); // so that it is seen
    this.set(linked(this.state, "ended", (over && this.parting) || reason, over));
  }

  /** Whether this person may not be in the session; it may be full, too. */
  async isOut() {
    try {
      await getAs(`/api/v1/sessions/${this.id}/members`);
      return false;
    } catch (error) {
      return error instanceof Problem && [403, 404].includes(error.status);
    }
  }

  /** Come again, by another invitation: it may give another role. @param {string} invitation */
  invited(invitation) {
    this.invitation = this.opened = invitation;
    this.parting = "";
    if (this.state.link === "ended") {
      this.set(linked(this.state, "joining"));
      this.connect();
    } else {
      this.socket?.restart();
    }
  }

  /** The first message on a new line: who we are, and how far we know the session. */
  join() {
    const { token } = me();
    const { epoch, revision, edit, at } = this.state;
    return {
      type: "join", client: this.client, name: this.name || undefined,
      token: token || undefined, invitation: this.invitation || undefined,
      resume: epoch ? { epoch, revision, edit, at } : undefined,
    };
  }

  /** @param {ServerMessage} message */
  receive(message) {
    if (this.questions.receive(message)) return;
    const { reset } = this.state;
    const words = message.type === "refused" && this.state.unsaid.find(({ id }) => id === message.id);
    try {
      this.set(receive(this.state, message));
    } catch (error) {
      if (!(error instanceof OutOfStep)) throw error;
      this.set({ ...this.state, epoch: "" }); // so that a snapshot comes
      this.socket?.restart();
      return;
    }
    if (message.type === "welcome") this.welcomed(message);
    if (["welcome", "about", "people"].includes(message.type)) refreshManage(this.view());
    this.edits.receive(message);
    this.words.receive(message);
    if (words && !this.state.unsaid.includes(words)) putBack(this.root, words.text);
    if (message.type === "snapshot" && this.isNew) {
      this.isNew = false;
      if (!message.build.archetype && this.view().editable) this.ui = { ...this.ui, tab: "choose" }; // where a build begins
    }
    if (message.type === "snapshot") this.questions.lost();
    if (message.type === "snapshot" && reset) {
      this.edits.lost(); // what was answered meanwhile did not come
      this.words.lost();
      if (this.state.role !== "viewer") this.recall(); // nor what was said
    }
    if (message.type === "snapshot" || message.type === "change" || message.type === "update") {
      visited(this.id, this.state.build?.title || "Untitled");
      document.title = `${this.state.build?.title || "Untitled"} · Cohort`;
    }
  }

  /** @param {import("./wire.js").Welcome} message */
  welcomed(message) {
    remember({ name: message.name, ...(message.token ? { token: message.token } : {}) });
    if (this.catalogue.about && this.catalogue.about.hash !== message.catalogue.hash) {
      this.catalogue = new Catalogue(() => this.draw()); // the server came back with another one
      this.catalogue.open();
    }
    // The link is used up: from now on the token says who we are.
    if (me().token) this.invitation = "";
    const { limits } = message;
    this.edits.welcomed([
      { per_second: limits.edits_per_second, burst: limits.edits_burst },
      { per_second: limits.operations_per_second, burst: limits.operations_burst },
    ]);
    this.words.welcomed([{ per_second: limits.said_per_second, burst: limits.said_burst }]);
    this.questions.lost();
    this.focus = "{}";
    this.tellFocus();
    if (message.role !== "viewer") this.recall();
  }

  /** What was said while this page was not here. */
  async recall() {
    const after = this.state.said.at(-1)?.number ?? 0;
    const missed = await getAs(`/api/v1/sessions/${this.id}/said?after=${after}`).catch(() => []);
    if (missed.length) this.set(said(this.state, missed));
  }

  /** @param {Operation | Operation[]} operations @param {string} [from] */
  edit(operations, from = "") {
    const all = [operations].flat();
    const proposed = maySuggest(this.state) && { type: /** @type {const} */ ("propose"), title: this.title(all) };
    const made = { ...proposed, id: newId(), base: Math.max(0, this.state.revision), operations: all, from };
    this.consider(null);
    this.set(edited(this.state, made));
    this.edits.next();
  }

  /** A proposal in words. @param {Operation[]} operations */
  title(operations) {
    return wish(operations, this.state.build, this.catalogue).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").slice(0, 80);
  }

  /** Ask what these operations would come to. @param {Operation | Operation[] | null} operations */
  consider(operations) {
    clearTimeout(this.considering);
    const considered = operations && [operations].flat();
    if (!considered && !this.considered) return;
    this.considering = setTimeout(() => {
      this.considered = considered;
      this.draw();
    }, considered ? CONSIDERED_MS : 0);
  }

  /** Tell the others what this window looks at. @param {object} [other]  than the open dialog */
  tellFocus(other) {
    const { dialog, about } = this.ui;
    const opened = dialog === "picker" ? { power: about.power, slot: about.slot, picker: "enhancements" } : {};
    const focus = JSON.stringify(other ?? opened);
    if (focus === this.focus || this.state.role === "viewer") return;
    this.focus = focus;
    this.socket?.send({ type: "focus", ...JSON.parse(focus) });
  }

  /** Take one's own newest edit back, or make it again. @param {"undo" | "redo"} type */
  again(type) {
    const made = { type, id: newId(), base: Math.max(0, this.state.revision), operations: [], from: "session" };
    this.set(edited(this.state, made));
    this.edits.next();
  }

  /** Say something to everybody here. @param {string} text */
  say(text) {
    this.set(saying(this.state, { id: newId(), text }));
    this.words.next();
  }

  /** Whether the line is there. @param {object} message */
  tell(message) {
    return this.socket?.send(message) ?? false;
  }

  /** @param {State} state */
  set(state) {
    this.state = state;
    this.draw();
  }

  /** Draw with the next frame, however much happens until then. */
  draw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      const pick = document.activeElement?.closest("[data-pick]")?.getAttribute("data-pick");
      render(this.root, sessionView(this.view()));
      if (pick && document.activeElement === document.body) focusPick(this.root, pick);
      this.measure();
    });
  }

  /** What is said in the top line makes it higher: what stays below it is to know. */
  measure() {
    const top = this.root.querySelector(".top");
    if (!top || top === this.top) return;
    this.top = top;
    this.heights.disconnect();
    this.heights.observe(top, { box: "border-box" });
  }

  /** @returns {View} */
  view() {
    return {
      state: this.state, catalogue: this.catalogue, session: this.id, invitation: this.opened, ui: this.ui,
      editable: mayEdit(this.state) || maySuggest(this.state), pending: pendingPlaces(this.state), spoken: new Set(),
      preview: this.considered
        ? this.questions.ask({ type: "preview", operations: this.considered }, this.state.revision)
        : undefined,
      consider: (operations) => this.consider(operations),
      explain: (stat) => this.questions.ask({ type: "explain", stat }, this.state.revision),
      inspect: (power) => this.questions.ask({ type: "inspect", power }, this.state.revision),
      say: (text) => this.say(text),
      decide: (proposal, accept) => this.socket?.send({ type: "decide", id: newId(), proposal, accept }),
      drag: (power) => this.tellFocus(power ? { power, dragging: true } : undefined),
      edit: (operations, from) => this.edit(operations, from),
      again: (type) => this.again(type),
      part: (sentence) => {
        this.parting = sentence;
      },
      dismiss: (place) => this.set(dismissed(this.state, place)),
      show: (more) => {
        this.ui = { ...this.ui, ...more };
        this.tellFocus();
        this.draw();
      },
    };
  }
}

/**
 * A pick became free or taken under the focus: what is there now gets it.
 * @param {HTMLElement} root @param {string} pick
 */
function focusPick(root, pick) {
  /** @type {HTMLElement | null} */
  const control = root.querySelector(`[data-pick="${pick}"] :is(button, select)`);
  control?.focus();
}

/** @param {import("./state.js").Pending} edit @returns {object} */
function messageOf({ type, id, base, operations, title }) {
  if (type === "propose") return { type, id, operations, title };
  return type ? { type, id, base } : { type: "edit", id, base, operations };
}

/**
 * What is not said is there to be said otherwise, before what was written since.
 * @param {HTMLElement} root @param {string} text
 */
function putBack(root, text) {
  /** @type {HTMLInputElement | null} */
  const input = root.querySelector(".chat input");
  if (input) input.value = [text, input.value].filter(Boolean).join(" ");
}
