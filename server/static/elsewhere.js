/**
 * Logging in elsewhere: with Discord, or with an OpenID Connect provider. The browser leaves for
 * the provider, and comes back to `/login/{provider}` with a code.
 */

import { Problem, call, get, post } from "./api.js";
import { callAs, fresh, keep, me, remember } from "./identity.js";

const LEFT = "cohort.left";

/**
 * @typedef {{id: string, name: string}} Provider
 * @typedef {{provider: string, purpose: "login" | "link", back: string}} Left  why this tab left, and for where it comes back
 */

/** Where one can log in, beside a password. @returns {Promise<Provider[]>} */
export async function providers() {
  try {
    return await get("/api/v1/login");
  } catch {
    return []; // then there is the password
  }
}

/** Leave to log in. @param {string} provider @param {boolean} [again]  to show that it is still oneself */
export async function leaveToLogIn(provider, again = false) {
  const { url } = await post(`/api/v1/login/${provider}`, { again });
  leave({ provider, purpose: "login", back: location.pathname }, url);
}

/** Leave to link one's account. @param {string} provider @param {string} password  where there is one */
export async function leaveToLink(provider, password) {
  const { url } = await callAs("POST", `/api/v1/login/${provider}/link`, { password });
  leave({ provider, purpose: "link", back: location.pathname }, url);
}

/** @param {Left} left @param {string} url */
function leave(left, url) {
  sessionStorage.setItem(LEFT, JSON.stringify(left));
  location.assign(url);
}

/**
 * Finish what this tab left for. Returns the page that it left, or throws what to say.
 * @param {string} provider @returns {Promise<string>}
 */
export async function comeBack(provider) {
  const told = new URLSearchParams(location.search);
  history.replaceState(null, "", location.pathname); // nobody needs the code a second time
  /** @type {Left | null} */
  const left = JSON.parse(sessionStorage.getItem(LEFT) ?? "null");
  sessionStorage.removeItem(LEFT);
  if (told.get("error") === "access_denied") throw new Error("You did not agree there, so nothing was done here.");
  const arrival = { code: told.get("code") ?? "", state: told.get("state") ?? "", issuer: told.get("iss") ?? "" };
  if (!arrival.code) throw new Error("The login did not work there. Please try again.");
  if (left?.provider !== provider) throw new Error("This login was not begun in this tab. Please begin again.");
  const path = `/api/v1/login/${provider}`;
  if (left.purpose === "link") {
    await callAs("POST", `${path}/link/code`, arrival);
    return left.back;
  }
  await fresh();
  const { token, refresh } = me();
  try {
    keep(await call("POST", `${path}/code`, arrival, token));
  } catch (error) {
    // A guest's pass may have run out: then they are nobody yet. An account's login is not guessed at.
    if (!token || refresh || !(error instanceof Problem) || error.status !== 401) throw error;
    remember({ token: "" });
    keep(await post(`${path}/code`, arrival));
  }
  return left.back;
}
