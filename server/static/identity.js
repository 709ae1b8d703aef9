/**
 * Who this browser is: a guest's name and token, or an account's with what brings the next token,
 * kept so that coming back is being the same person; and the sessions that were open here.
 */

import { Problem, call, get, post } from "./api.js";

const ME = "cohort.me";
const SESSIONS = "cohort.sessions";
const SESSIONS_KEPT = 12;
const SAVES = "cohort.saves";
const SAVES_KEPT = 50;
const SOON_MS = 120_000; // an account's token is good for a quarter of an hour

/**
 * @typedef {{name: string, token: string, refresh: string, until: number, guest: {name: string, token: string} | null}} Me
 *   an empty token: nobody yet; refresh: an account's refresh token; until: when its token ends; guest: who this was before,
 *   when that was somebody else
 * @typedef {{person: string, name: string, access_token: string, refresh_token: string, expires_in: number}} Granted
 * @typedef {{id: string, title: string, at: number}} Visit
 */

/** @returns {Me} */
export function me() {
  return { name: "", token: "", refresh: "", until: 0, guest: null, ...read(ME, {}) };
}

/** @param {Partial<Me>} more */
export function remember(more) {
  write(ME, { ...me(), ...more });
}

/** Be who has just logged in. A guest who is somebody else waits until the account leaves. @param {Granted} granted */
export function keep(granted) {
  const before = me();
  const waits = !before.refresh && before.token && personOf(before.token) !== granted.person;
  remember({
    guest: waits ? { name: before.name, token: before.token } : before.refresh ? before.guest : null,
    name: granted.name, token: granted.access_token, refresh: granted.refresh_token,
    until: Date.now() + granted.expires_in * 1000,
  });
}

/** @param {string} username @param {string} password */
export async function logIn(username, password) {
  keep(await post("/api/v1/token", new URLSearchParams({ grant_type: "password", username, password })));
}

/** An account for who this browser is: a guest stays the same person. @param {string} username @param {string} password */
export async function register(username, password) {
  const { name, token } = me();
  const wanted = { username, password, ...(name ? { name } : {}) };
  try {
    keep(await post("/api/v1/accounts", wanted, token));
  } catch (error) {
    if (!token || !(error instanceof Problem) || error.status !== 401) throw error;
    keep(await post("/api/v1/accounts", wanted)); // the guest's pass has run out
  }
}

/** Have this account be where one was as a guest before: in sessions, and as the owner of builds. */
export async function takeOver() {
  const { guest } = me();
  if (!guest) return;
  await callAs("POST", "/api/v1/account/guests", { token: guest.token });
  remember({ guest: null });
}

/** Nobody any more, here: or nowhere. @param {boolean} [everywhere] */
export async function logOut(everywhere) {
  await fresh();
  const { token } = me();
  beNobody();
  await call("DELETE", `/api/v1/account/logins${everywhere ? "" : "/current"}`, undefined, token);
}

/** Be who this was before the account: a guest, or nobody, who may want the name again. */
export function beNobody() {
  remember({ token: "", refresh: "", until: 0, guest: null, ...me().guest });
}

/** Whose token this is; the server alone decides what they may. @param {string} token @returns {string} */
export function personOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return "";
  }
}

/**
 * Have an account's token be good for a while; a guest's is. Tabs take turns: a refresh token is
 * good once.
 * @param {boolean} [refused]  the server did not take the one that we have
 */
export async function fresh(refused) {
  const before = me();
  const isDue = () => me().refresh && me().token === before.token && (refused || Date.now() > me().until - SOON_MS);
  if (!isDue()) return;
  const refresh = async () => {
    if (!isDue()) return;
    try {
      const form = { grant_type: "refresh_token", refresh_token: me().refresh };
      keep(await post("/api/v1/token", new URLSearchParams(form)));
    } catch (error) {
      if (error instanceof Problem && error.status === 400) beNobody();
    }
  };
  // Only a page that came by TLS, or from this machine, has locks.
  await (navigator.locks ? navigator.locks.request("cohort.refresh", refresh) : refresh());
}

/**
 * A token for REST calls: the one we have, or a new guest's under this name.
 * @param {string} name @returns {Promise<string>}
 */
async function token(name) {
  await fresh();
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
    if (me().refresh) await fresh(true);
    else remember({ token: "" });
    return post(path, body, await token(name));
  }
}

/** A question as who this browser is. @param {string} path */
export async function getAs(path) {
  await fresh();
  return get(path, me().token);
}

/**
 * A change as who this browser is.
 * @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [headers]
 */
export async function callAs(method, path, body, headers) {
  await fresh();
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
