/** REST calls. A refusal is thrown as a Problem, whose message is a sentence for a person. */

/** What the server said no to (RFC 9457). */
export class Problem extends Error {
  /** @param {string} message @param {number} status @param {string} code */
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * @param {string} method @param {string} path @param {object} [body] @param {string} [token]
 * @param {Record<string, string>} [more]  headers
 * @returns {Promise<any>}
 */
export async function call(method, path, body, token, more) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...more };
  const form = body instanceof URLSearchParams; // which says itself what it is
  if (body && !form) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { method, headers, body: form ? body : body && JSON.stringify(body) });
  } catch {
    throw new Problem("The server cannot be reached just now.", 0, "unreachable");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Problem(
      answer.detail || answer.title || `The server answered ${response.status}.`, response.status, answer.code ?? "",
    );
  }
  return answer;
}

/** @param {string} path @param {string} [token] */
export const get = (path, token) => call("GET", path, undefined, token);

/** @param {string} path @param {object} body @param {string} [token] */
export const post = (path, body, token) => call("POST", path, body, token);
