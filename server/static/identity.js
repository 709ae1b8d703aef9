/**
 * Who this browser is: a guest's name and token, kept so that coming back is being the same
 * person, and the sessions that were open here.
 */

import { Problem, call, get, post } from "./api.js";

const ME = "cohort.me";
const SESSIONS = "cohort.sessions";
const SESSIONS_KEPT = 12;
const SAVES = "cohort.saves";
const SAVES_KEPT = 50;

/**
 * @typedef {{name: string, token: string}} Me  an empty token: nobody yet
 * @typedef {{id: string, title: string, at: number}} Visit
 */

/** @returns {Me} */
export function me() {
  return { name: "", token: "", ...read(ME, {}) };
}

/** @param {Partial<Me>} more */
export function remember(more) {
  write(ME, { ...me(), ...more });
}

/**
 * A token for REST calls: the one we have, or a new guest's under this name.
 * @param {string} name @returns {Promise<string>}
 */
async function token(name) {
  const known = me();
  if (known.token) return known.token;
  const guest = await post("/api/v1/guests", { name });
  remember({ name, token: guest.token });
  return guest.token;
}

/**
 * A call as this person; a pass that has run out is renewed once.
 * @param {string} name @param {string} path @param {object} body
 */
export async function postAs(name, path, body) {
  try {
    return await post(path, body, await token(name));
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    remember({ token: "" });
    return post(path, body, await token(name));
  }
}

/** A question as who this browser is. @param {string} path */
export function getAs(path) {
  return get(path, me().token);
}

/**
 * A change as who this browser is.
 * @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [headers]
 */
export function callAs(method, path, body, headers) {
  return call(method, path, body, me().token, headers);
}

/** Sessions that were open here, newest first. @returns {Visit[]} */
export function visits() {
  return read(SESSIONS, []);
}

/** @param {string} id @param {string} title */
export function visited(id, title) {
  const others = visits().filter((visit) => visit.id !== id);
  write(SESSIONS, [{ id, title, at: Date.now() }, ...others].slice(0, SESSIONS_KEPT));
}

/** @param {string} id */
export function forget(id) {
  write(SESSIONS, visits().filter((visit) => visit.id !== id));
}

/** The saved build that this session was saved as, or opened from; "" is none. @param {string} session @returns {string} */
export function saveOf(session) {
  return new Map(read(SAVES, [])).get(session) ?? "";
}

/** @param {string} session @param {string} build */
export function savedAs(session, build) {
  const others = read(SAVES, []).filter((/** @type {[string, string]} */ [known]) => known !== session);
  write(SAVES, [[session, build], ...others].slice(0, SAVES_KEPT));
}

/** @param {string} key @param {any} otherwise */
function read(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} key @param {any} value */
function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: then this visit is not remembered, and all else works.
  }
}
