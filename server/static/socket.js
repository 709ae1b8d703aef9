/**
 * The one socket to a session: joins, comes back with a growing and jittered delay, notices a
 * dead line, and sends again what was not answered. It knows messages, not the build.
 */

/** @typedef {import("./wire.js").ServerMessage} ServerMessage */

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;
const STOOD_MS = 5_000; // so long a line stands that is none of those that end as soon as they begin
const SENT_ON = 1012; // whoever serves the session now is near
const PING_MS = 15_000; // and a line that stays silent for two of these is dead

/** After these there is no coming back by itself. @type {Record<number, string>} */
const FINAL = {
  4400: "This page and the server do not understand each other. Reload the page.",
  4401: "Your pass to this session has expired.",
  4403: "You are not allowed into this session.",
  4404: "There is no such session.",
  4409: "This session is open in another window with the same connection.",
};

/**
 * @typedef {object} Callbacks
 * @property {() => object} join  the `join` message for the next attempt
 * @property {(message: ServerMessage) => void} message
 * @property {() => void} away  the line is lost; it will be back
 * @property {(code: number, reason: string) => void} ended  it will not
 */

export class SessionSocket {
  /** @type {WebSocket | null} */ #socket = null;
  #attempts = 0;
  #stoodFrom = Infinity; // since when the line would be good enough to come back to at once
  #retryAfter = 0;
  #heard = 0;
  #timer = 0;
  #pinging = 0;
  #joined = false;
  #closed = false;

  /** @param {string} url @param {Callbacks} callbacks */
  constructor(url, callbacks) {
    this.url = url;
    this.callbacks = callbacks;
    this.hurry = () => this.#hurry();
    this.gone = () => this.#socket && this.#lost(this.#socket); // it would be noticed, half a minute later
    addEventListener("online", this.hurry);
    addEventListener("offline", this.gone);
    document.addEventListener("visibilitychange", this.hurry);
    this.#open();
  }

  /** Send now if the line is there, and say whether; else the next `welcome` is the moment. @param {object} message */
  send(message) {
    if (!this.#joined || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Drop the line and come back: the state is out of step. */
  restart() {
    this.#lost(this.#socket);
  }

  close() {
    this.#closed = true;
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.gone);
    document.removeEventListener("visibilitychange", this.hurry);
    clearTimeout(this.#timer);
    clearInterval(this.#pinging);
    this.#socket?.close(1000);
  }

  #open() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = new WebSocket(this.url, "cohort.v1");
    this.#socket = socket;
    this.#joined = false;
    this.#heard = Date.now();
    socket.onopen = () => socket.send(JSON.stringify(this.callbacks.join()));
    socket.onmessage = (event) => this.#receive(socket, JSON.parse(event.data));
    socket.onclose = (event) => this.#ended(socket, event);
    clearInterval(this.#pinging);
    this.#pinging = setInterval(() => this.#check(socket), PING_MS);
  }

  /** @param {WebSocket} socket @param {ServerMessage} message */
  #receive(socket, message) {
    if (socket !== this.#socket) return;
    this.#heard = Date.now();
    if (message.type === "welcome") {
      this.#joined = true;
      this.#stoodFrom = Date.now() + STOOD_MS;
    }
    if (message.type === "goodbye") this.#retryAfter = (message.retry_after ?? 0) * 1000;
    this.callbacks.message(message);
  }

  /** @param {WebSocket} socket @param {CloseEvent} event */
  #ended(socket, event) {
    if (socket !== this.#socket || this.#closed) return;
    if (event.code in FINAL || event.code === 1000) {
      this.close();
      this.callbacks.ended(event.code, event.reason || FINAL[event.code] || "The session has ended.");
    } else {
      if (event.code === SENT_ON) this.#stoodFrom = 0;
      this.#lost(socket);
    }
  }

  /** @param {WebSocket | null} socket */
  #lost(socket) {
    clearInterval(this.#pinging);
    this.#socket = null;
    this.#joined = false;
    socket?.close();
    this.callbacks.away();
    if (Date.now() >= this.#stoodFrom) this.#attempts = 0;
    this.#stoodFrom = Infinity;
    // Full jitter: after a restart everybody comes back, but not at once.
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts++);
    const delay = this.#retryAfter + Math.random() * longest;
    this.#retryAfter = 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), delay);
  }

  /** @param {WebSocket} socket */
  #check(socket) {
    if (socket !== this.#socket) return;
    if (Date.now() - this.#heard > 2 * PING_MS) this.#lost(socket);
    else if (this.#joined) this.send({ type: "ping", id: "alive" });
  }

  /** The network or the person is back: waiting on is pointless. */
  #hurry() {
    if (this.#timer && navigator.onLine && document.visibilityState === "visible") this.#open();
  }
}
