/** Making a stream's overlay: which totals it shows, and its link. */

import { copied } from "../clipboard.js";
import { h } from "../dom.js";
import { amount } from "../format.js";
import { me, postAs } from "../identity.js";
import { dialogView } from "./dialog.js";
import { statName } from "./differences.js";

/**
 * @typedef {import("../session.js").View} View
 * @typedef {import("../catalogue.js").Stat} Stat
 * @typedef {import("../wire.js").Total} Total
 */

const MOST = 20; // that a stream may name
export const USUAL = ["defense.melee", "defense.ranged", "defense.aoe"];
const MADE = "Copied. In OBS, add a source “Browser” with this address; it shows these totals, live, and nothing else.";
const COPY = "Copy this address. In OBS, add a source “Browser” with it.";

/** Totals as a stream shows them. @param {Stat[]} stats @param {Record<string, Total>} totals @param {string[]} chosen */
export function figuresView(stats, totals, chosen) {
  return h("dl", { class: "figures-live", key: "figures" }, stats.filter(({ key }) => chosen.includes(key)).map((stat) =>
    h("div", { key: stat.key },
      h("dt", null, statName(stat)),
      h("dd", { key: totals[stat.key]?.capped }, totals[stat.key] ? amount(stat, totals[stat.key].capped) : "–"))));
}

/** Opens it, beside the totals. @param {View} view */
export function overlayButton({ state, show }) {
  if (state.link === "ended") return null;
  return h("button", { class: "plain to-overlay", key: "overlay", onclick: () => show({ dialog: "overlay", about: {} }) }, "Overlay for a stream …");
}

/** @param {View} view */
export function overlayDialog(view) {
  const { state, catalogue, session, invitation, ui, show } = view;
  if (ui.dialog !== "overlay") return null;
  const { said = "", url = "" } = ui.about;
  /** @type {string[]} */
  const chosen = ui.kept.overlay ?? USUAL;
  const makes = state.role === "owner" || state.role === "editor";
  const make = async () => {
    show({ about: { said: "One moment …" } });
    try {
      const secret = makes ? (await postAs(me().name, `/api/v1/sessions/${session}/invitations`, { role: "viewer" })).secret : invitation;
      const link = new URL(`/s/${session}/overlay?stats=${chosen.join(",")}#${secret}`, location.href).href;
      show({ about: { url: link, said: (await copied(link)) ? MADE : COPY } });
    } catch (error) {
      show({ about: { said: /** @type {Error} */ (error).message } });
    }
  };
  /** @param {string} key @param {boolean} on */
  const choose = (key, on) =>
    show({ about: {}, kept: { ...ui.kept, overlay: on ? [...chosen, key] : chosen.filter((one) => one !== key) } });
  const able = makes || (state.role === "viewer" && invitation);
  const groups = [...new Set(catalogue.stats.map(({ group }) => group))];
  return dialogView(view, "overlay", "Totals in a stream",
    h("div", { class: "preview", key: "preview" }, figuresView(catalogue.stats, state.totals, chosen)),
    able
      ? h("div", { class: "answers", key: "make" },
          h("button", { class: "primary", disabled: !chosen.length, onclick: make }, "Copy overlay link"))
      : h("p", { class: "hint", key: "not" }, state.role === "viewer"
          ? "To make an overlay, open the link that you were given once more." : "Whoever may edit can make an overlay's link for you."),
    h("p", { role: "status", class: "said", key: "said" }, said),
    url && h("input", {
      key: "url", readonly: true, value: url, "aria-label": "Overlay link",
      onfocus: (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select(),
    }),
    h("div", { class: "offers", key: "stats" }, groups.map((group) => {
      const stats = catalogue.stats.filter((stat) => stat.group === group);
      return h("details", { key: group, open: stats.some(({ key }) => USUAL.includes(key)) },
        h("summary", null, group),
        h("div", { class: "switches" }, stats.map((stat) => h("label", { class: "check", key: stat.key },
          h("input", {
            type: "checkbox", checked: chosen.includes(stat.key), disabled: !chosen.includes(stat.key) && chosen.length >= MOST,
            onchange: (/** @type {Event} */ event) => choose(stat.key, /** @type {HTMLInputElement} */ (event.target).checked),
          }), stat.label))));
    })));
}
