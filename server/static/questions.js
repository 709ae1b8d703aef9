/**
 * What this page asks the server about the build, and the answers, by revision.
 *
 * Views ask when they draw, as they ask the catalogue: the newest answer is there, or `undefined`,
 * and the page is drawn again when one has come.
 */

import { newId } from "./placing.js";

/**
 * @typedef {import("./wire.js").ServerMessage} ServerMessage
 * @typedef {{message: object, revision: number, answer: any, asked: string}} Question
 *   revision: of which the answer is wanted; asked: the id under which it is on its way
 */

const KEPT = 40;
const AGAIN_MS = 500; // after the server had too many questions

export class Questions {
  /** @type {Map<string, Question>} */ #known = new Map();

  /** @param {(message: object) => void} send @param {() => void} arrived */
  constructor(send, arrived) {
    this.send = send;
    this.arrived = arrived;
  }

  /**
   * The newest answer to a question, which may be of an older revision.
   * @param {{type: string, [field: string]: any}} message @param {number} revision @returns {any}
   */
  ask(message, revision) {
    const key = JSON.stringify(message);
    const known = this.#known.get(key);
    if (known?.revision === revision) return known.answer;
    const asked = newId();
    this.#known.delete(key);
    this.#known.set(key, { message, revision, answer: known?.answer, asked });
    if (this.#known.size > KEPT) this.#known.delete([...this.#known.keys()][0]);
    this.send({ ...message, id: asked });
    return known?.answer;
  }

  /** Whether a message was an answer to one of these. @param {ServerMessage} message */
  receive(message) {
    if (!("id" in message) || !message.id) return false;
    for (const [key, question] of this.#known) {
      if (question.asked !== message.id) continue;
      if (message.type === "refused" && message.retry_after !== undefined) {
        setTimeout(() => this.#forget(key, question), Math.max(AGAIN_MS, message.retry_after * 1000));
      } else {
        question.answer = message;
        this.arrived();
      }
      return true;
    }
    return false;
  }

  /** The line was lost, and with it what was on its way. */
  lost() {
    for (const [key, question] of this.#known) if (!question.answer) this.#known.delete(key);
  }

  /** @param {string} key @param {Question} question */
  #forget(key, question) {
    if (this.#known.get(key) === question) this.#known.delete(key);
    this.arrived();
  }
}
