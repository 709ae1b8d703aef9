/**
 * What this page asks the server about the build, and the answers, by revision.
 *
 * Views ask when they draw, as they ask the catalogue: the newest answer is there, or `undefined`,
 * and the page is drawn again when one has come. What was lost on the way is asked again, when
 * somebody still wants to know.
 */

import { newId } from "./placing.js";

/**
 * @typedef {import("./wire.js").ServerMessage} ServerMessage
 * @typedef {{revision: number, answer: any, asked: string}} Question
 *   revision: of which the answer is known, or asked for; asked: the id under which it is on its way
 */

const KEPT = 40;
const UNDERWAY = 100; // answers that may still come to what nobody asks any more
const AGAIN_MS = 500; // after the server had too many questions
const UNASKED = -2; // no revision

export class Questions {
  /** @type {Map<string, Question>} */ #known = new Map();
  /** @type {Map<string, Question>} */ #underway = new Map();

  /** @param {(message: object) => boolean} send  whether the line was there @param {() => void} arrived */
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
    if (known && (known.revision === revision || known.asked)) return known.answer;
    const id = newId();
    const sent = this.send({ ...message, id });
    const question = { revision: sent ? revision : UNASKED, answer: known?.answer, asked: sent ? id : "" };
    this.#known.delete(key);
    this.#known.set(key, question);
    shorten(this.#known, KEPT);
    if (sent) this.#underway.set(id, question);
    shorten(this.#underway, UNDERWAY);
    return known?.answer;
  }

  /** Whether a message was an answer to one of these. @param {ServerMessage} message */
  receive(message) {
    const id = "id" in message && message.id || "";
    const question = this.#underway.get(id);
    if (!question) return false;
    this.#underway.delete(id);
    if (question.asked !== id) return true; // it was asked anew
    if (message.type === "refused" && message.retry_after !== undefined) {
      setTimeout(() => {
        if (question.asked === id) this.#anew(question);
        this.arrived();
      }, Math.max(AGAIN_MS, message.retry_after * 1000));
    } else {
      question.answer = message;
      question.asked = "";
      this.arrived();
    }
    return true;
  }

  /** The line was lost, and with it what was on its way; or another build may have the same revision. */
  lost() {
    for (const question of this.#known.values()) this.#anew(question);
    this.arrived();
  }

  /** @param {Question} question */
  #anew(question) {
    question.revision = UNASKED;
    question.asked = "";
  }
}

/** Forget the oldest. @param {Map<string, Question>} questions @param {number} length */
function shorten(questions, length) {
  if (questions.size > length) questions.delete([...questions.keys()][0]);
}
