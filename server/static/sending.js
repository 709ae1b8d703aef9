/**
 * What waits for its answer goes to the server in the order of making: one at a time, and no faster
 * than the server takes it. While one waits to be sent again, nothing after it goes out.
 */

/**
 * @typedef {import("./wire.js").ServerMessage} ServerMessage
 * @typedef {{per_second: number, burst: number}} Rate  so much in the long run, and so much at once
 */

const SHARE = 0.9; // of a limit: a message may come sooner after another than it was sent
const AGAIN_MS = 500; // at least, before one that was refused for now is sent again

/** @template {{id: string}} Waiting */
export class Sending {
  /** @type {{rate: Rate, full: number}[]} full: when all of it is there again */ #purses = [];
  #sent = ""; // the id of what has no answer yet
  #timer = 0;

  /**
   * @param {() => Waiting | undefined} first  what is to go before all else
   * @param {(waiting: Waiting) => boolean} send  whether the line was there
   * @param {(waiting: Waiting) => number[]} [costs]  what it takes of each limit
   */
  constructor(first, send, costs = () => [1]) {
    this.first = first;
    this.send = send;
    this.costs = costs;
  }

  /** A new line: what was sent by another may be lost. What was spent is spent. @param {Rate[]} rates */
  welcomed(rates) {
    this.#purses = rates.map(({ per_second, burst }, index) => ({
      rate: { per_second: SHARE * per_second, burst: Math.max(1, SHARE * burst) }, full: this.#purses[index]?.full ?? 0,
    }));
    this.lost();
  }

  /** Answers may not have come. */
  lost() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#sent = "";
    this.next();
  }

  /** Send what may be sent now: after something was made, or answered. */
  next() {
    const waiting = this.first();
    if (!waiting || waiting.id === this.#sent || this.#timer) return;
    const costs = this.costs(waiting);
    const wait = Math.max(0, ...this.#purses.map((purse, index) => missing(purse, costs[index])));
    if (wait) this.#hold(Math.ceil(wait));
    else if (this.send(waiting)) {
      this.#sent = waiting.id;
      const now = performance.now();
      this.#purses.forEach((purse, index) => {
        purse.full = Math.max(now, purse.full) + costs[index] / purse.rate.per_second * 1000;
      });
    }
  }

  /** Whether it is one that is to come again. @param {ServerMessage} message */
  receive(message) {
    if (message.type === "refused" && message.retry_after !== undefined && message.id === this.#sent) {
      this.#sent = "";
      this.#hold(Math.max(AGAIN_MS, message.retry_after * 1000));
    }
    this.next();
  }

  /** @param {number} delay  in milliseconds */
  #hold(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.next();
    }, delay);
  }
}

/** Milliseconds until there is so much. @param {{rate: Rate, full: number}} purse @param {number} cost */
function missing({ rate, full }, cost) {
  const taken = Math.max(0, full - performance.now()) / 1000 * rate.per_second;
  return Math.max(0, taken + Math.min(cost, rate.burst) - rate.burst) / rate.per_second * 1000;
}
