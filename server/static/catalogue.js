/**
 * What the catalogue says, fetched once and kept.
 *
 * Views ask when they draw: the answer is there, or `undefined`, and then the page is drawn
 * again when it has come.
 */

import { Problem, get, post } from "./api.js";

/**
 * @typedef {import("./wire.js").Build} Build
 * @typedef {{id: string, name: string}} Named
 * @typedef {{default: number, max: number}} Counts
 * @typedef {object} Power
 * @property {string} id
 * @property {string} name
 * @property {string} powerset
 * @property {string} powerset_name
 * @property {string} [type]
 * @property {number} [level]  from which it can be picked
 * @property {boolean} [pick]  it can be picked
 * @property {number} [max_slots]
 * @property {boolean} [switchable]
 * @property {boolean} [on]  whether it counts when the build does not say
 * @property {Counts} [counts]  it has a number of targets or stacks
 * @property {string} [requires]
 * @typedef {{name: string, on: "self" | "foe", powers: string[], most?: number}} State  what a scenario may say
 * @typedef {{states?: State[], meter?: string}} Asked
 * @typedef {Named & {category: string, powers: Power[], trunk?: string}} Powerset
 * @typedef {{primary: Named[], secondary: Named[], pool: Named[], epic: Named[]}} Powersets
 * @typedef {{picks: number[], slots: {level: number, count: number}[]}} Schedule
 * @typedef {{key: string, label: string, group: string, unit: string, format: string}} Stat
 * @typedef {{key: string, label: string, unit: string, format: string, lower_is_better?: boolean}} PowerStat
 * @typedef {object} Enhancement
 * @property {string} id
 * @property {string} name
 * @property {string} label  what it does, without the name of its set
 * @property {string} kind  common, set, attuned, single, dual, training or special
 * @property {string} [set]
 * @property {[number, number]} [levels]  of crafted inventions
 * @property {number} [min_level]
 * @property {boolean} [boostable]
 * @property {boolean} [relative]
 * @property {string} [form]  the same piece attuned, or crafted
 * @property {string[]} [unique]  at most one of these in a build
 * @property {string[]} [origins]
 * @property {boolean} [proc]  it does something of its own, which may be counted or not
 * @typedef {{id: string, name: string, group: string, min_level: number, max_level: number, rarity?: string, pieces: string[][], bonuses?: {pieces: number, text: string, pvp?: boolean}[]}} BoostSet
 * @typedef {{pieces: number, totals: Record<string, number>, pvp?: boolean}} Gain
 * @typedef {{id: string, value: number, pieces: number}} Giving  how much of a stat a set gives, for how many pieces
 * @typedef {{common: string[], single: string[], dual: string[], training: string[], special: string[], sets: string[]}} Fitting
 */

const BASE = "/api/v1/catalogue";
const RETRY_MS = 3000;

export class Catalogue {
  /** @type {Map<string, any>} */ #known = new Map();
  #version = "";
  /** @type {Map<string, {question: string, answer: any}>} */ #asked = new Map();

  /** @param {() => void} arrived  called when something that was asked for is there */
  constructor(arrived) {
    this.arrived = arrived;
  }

  /** What there is to know about the catalogue itself; the first thing to load. */
  async open() {
    const about = await get(BASE).catch(() => null);
    if (!about) {
      setTimeout(() => this.open(), RETRY_MS);
      return;
    }
    this.#version = about.version;
    this.#known.set(BASE, about);
    this.arrived();
  }

  /** @returns {{release: string, hash: string} | undefined} */
  get about() {
    return this.#known.get(BASE);
  }

  /** @returns {Stat[]} */
  get stats() {
    return this.#get("/api/v1/stats") ?? [];
  }

  /** What the numbers in a power's figures mean. @returns {PowerStat[]} */
  get powerStats() {
    return this.#get("/api/v1/stats/powers") ?? [];
  }

  /** @returns {Schedule | undefined} */
  get schedule() {
    return this.#get(`${BASE}/schedule`);
  }

  /** @returns {Named[]} */
  get archetypes() {
    return this.#get(`${BASE}/archetypes`) ?? [];
  }

  /** The powersets that an archetype may choose from. @param {string} archetype @returns {Powersets | undefined} */
  powersets(archetype) {
    return this.#get(`${BASE}/archetypes/${encodeURIComponent(archetype)}/powersets`);
  }

  /** @param {string} id @returns {Powerset | undefined} */
  powerset(id) {
    return id ? this.#get(`${BASE}/powersets/${encodeURIComponent(id)}`) : undefined;
  }

  /** @param {string} id @returns {Power | undefined} */
  power(id) {
    // Powers come with their powerset; what the powerset lacks, the catalogue does too.
    const powerset = this.powerset(id.slice(0, id.lastIndexOf(".")));
    return powerset?.powers.find((power) => power.id === id);
  }

  /** Powers that are taken at no level. @returns {Power[]} */
  get temporary() {
    return this.#get(`${BASE}/temporary`) ?? [];
  }

  /** What fits a slot of a power. @param {string} power @param {string} archetype @returns {Fitting | undefined} */
  fitting(power, archetype) {
    return this.#get(
      `${BASE}/powers/${encodeURIComponent(power)}/enhancements?archetype=${encodeURIComponent(archetype)}`,
    );
  }

  /**
   * The sets that fit a power and give a stat, those that give the most first.
   * @param {string} stat @param {string} archetype @param {number} level @param {string} power
   * @returns {Giving[] | undefined}
   */
  giving(stat, archetype, level, power) {
    const asked = new URLSearchParams({ stat, archetype, level: String(level), power, limit: "200" });
    return this.#get(`${BASE}/bonuses?${asked}`)?.sets;
  }

  /** What the bonuses of each set add to the totals of such a character. @param {string} archetype @param {number} level @returns {Map<string, Gain[]> | undefined} */
  gains(archetype, level) {
    return this.#get(`${BASE}/archetypes/${encodeURIComponent(archetype)}/bonuses?level=${level}`)?.bySet;
  }

  /** @param {string} id @returns {Enhancement | undefined} */
  enhancement(id) {
    return this.#get(`${BASE}/enhancements`)?.enhancementById.get(id);
  }

  /** @param {string} id @returns {BoostSet | undefined} */
  boostSet(id) {
    return this.#get(`${BASE}/enhancements`)?.setById.get(id);
  }

  /**
   * The powers that the character of a build has without picking them. While what follows from
   * a change is asked for, it is the answer from before. @param {Build} build @returns {Power[]}
   */
  granted(build) {
    return this.#about("granted", build) ?? [];
  }

  /** The states that a build's powers ask for, and its archetype's meter; in the same way. @param {Build} build @returns {Asked} */
  asked(build) {
    return this.#about("states", build) ?? {};
  }

  /** @param {string} what @param {Build} build @returns {any} */
  #about(what, { format, archetype, level, powersets, powers = {}, incarnates }) {
    const picks = Object.fromEntries(Object.entries(powers).map(([id, taken]) => [id, { level: taken.level }]));
    const question = JSON.stringify({ format, archetype, level, powersets, powers: picks, incarnates });
    const before = this.#asked.get(what);
    if (question === before?.question) return before.answer;
    const now = { question, answer: before?.answer };
    this.#asked.set(what, now);
    post(`${BASE}/${what}`, JSON.parse(question)).then((answer) => {
      now.answer = answer;
      if (this.#asked.get(what) === now) this.arrived();
    }).catch(() => setTimeout(() => (now.question = ""), RETRY_MS));
    return now.answer;
  }

  /** @param {string} path @returns {any} */
  #get(path) {
    const known = this.#known.get(path);
    if (known === undefined && this.#version) {
      this.#known.set(path, null);
      this.#load(path);
    }
    return known ?? undefined;
  }

  /** @param {string} path */
  async #load(path) {
    try {
      // With its version in the address the answer may be kept for ever.
      const answer = await get(`${path}${path.includes("?") ? "&" : "?"}v=${this.#version}`);
      if (path === `${BASE}/enhancements`) {
        answer.enhancementById = byId(answer.enhancements);
        answer.setById = byId(answer.sets);
      }
      if (/^.*\/archetypes\/[^/]+\/bonuses\?/.test(path)) {
        answer.bySet = new Map(answer.map((/** @type {any} */ each) => [each.id, each.bonuses]));
      }
      this.#known.set(path, answer);
    } catch (error) {
      // What the catalogue lacks it will lack; anything else the next drawing asks for again.
      const lacks = error instanceof Problem && error.status === 404;
      if (!lacks) setTimeout(() => this.#known.delete(path), RETRY_MS);
      return;
    }
    this.arrived();
  }
}

/** @param {Named[]} all */
function byId(all) {
  return new Map(all.map((one) => [one.id, one]));
}
