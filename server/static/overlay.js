/** A stream's overlay: some totals of a session, live and nothing else, on a page without a background. */

import { get } from "./api.js";
import { h, render } from "./dom.js";
import { USUAL, figuresView } from "./views/overlay.js";

/**
 * @typedef {import("./catalogue.js").Stat} Stat
 * @typedef {import("./wire.js").Total} Total
 */

const LONGEST_DELAY_MS = 10_000;
const SILENT_MS = 60_000; // the server says at least that it is there, three times in this

/** @param {HTMLElement} root @param {string} session @param {string} secret  of an invitation @param {string[]} named  stats */
export async function overlayPage(root, session, secret, named) {
  const chosen = named.length ? named : USUAL;
  document.title = "Overlay · Cohort";
  document.documentElement.classList.add("overlay");
  /** @type {Stat[]} */
  let stats = [];
  /** @type {Record<string, Total>} */
  let totals = {};
  let [stale, said] = [false, ""];
  const draw = () => render(root, h("main", { class: stale ? "stale" : "", key: "overlay" },
    said ? h("p", { role: "alert", key: "said" }, said) : figuresView(stats, totals, chosen)));
  const path = `/api/v1/sessions/${encodeURIComponent(session)}/totals/stream?stats=${chosen.map(encodeURIComponent).join(",")}`;
  let [last, attempts] = ["", 0];
  for (;;) {
    try {
      if (!stats.length) stats = await get("/api/v1/stats");
      for await (const { id, event, data } of events(path, { Invitation: secret, ...(last ? { "Last-Event-ID": last } : {}) })) {
        if (event === "totals") {
          [last, attempts] = [id, 0];
          totals = { ...totals, ...JSON.parse(data).totals };
        } else if (event !== "open") continue;
        stale = false;
        draw();
      }
    } catch (error) {
      if (error instanceof Over) {
        said = error.message;
        draw();
        return;
      }
    }
    stale = true;
    draw();
    await new Promise((again) => setTimeout(again, Math.random() * Math.min(LONGEST_DELAY_MS, 500 * 2 ** attempts++)));
  }
}

/** There is no coming back to this stream. */
class Over extends Error {}

/**
 * The events of a stream, until it ends; first `open`: what comes by it is all that is newer than the last one.
 * @param {string} path @param {Record<string, string>} headers
 * @returns {AsyncGenerator<{id: string, event: string, data: string}>}
 */
async function* events(path, headers) {
  const given = new AbortController();
  let silence = setTimeout(() => given.abort(), SILENT_MS);
  try {
    const response = await fetch(path, { headers, signal: given.signal, cache: "no-store" });
    if ([400, 401, 403, 404].includes(response.status)) throw new Over("This overlay's link is not good any more.");
    if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}.`);
    yield { id: "", event: "open", data: "" };
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => given.abort(), SILENT_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(": ") + 2)]));
        yield { id: fields.id ?? "", event: fields.event ?? "", data: fields.data ?? "" };
      }
    }
  } finally {
    clearTimeout(silence);
    given.abort();
  }
}
