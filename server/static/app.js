/** The entry: which page this address is, and its start. */

import { overlayPage } from "./overlay.js";
import { startSession } from "./session.js";
import { accountPage } from "./views/account.js";
import { backPage } from "./views/back.js";
import { nothingPage } from "./views/nothing.js";
import { savedPage } from "./views/saved.js";
import { startPage } from "./views/start.js";

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const session = location.pathname.match(/^\/s\/([^/]+)$/)?.[1];
const overlay = location.pathname.match(/^\/s\/([^/]+)\/overlay$/)?.[1];
const provider = location.pathname.match(/^\/login\/([^/]+)$/)?.[1];
const saved = location.pathname.match(/^\/b\/([^/]+)$/)?.[1];

if (session) {
  const invited = startSession(root, session, takeInvitation());
  addEventListener("hashchange", () => {
    const another = takeInvitation();
    if (another) invited(another);
  });
} else if (overlay) {
  // Its address stays as it is: whoever shows it loads it anew with each start.
  const stats = (new URLSearchParams(location.search).get("stats") ?? "").split(",").filter(Boolean);
  overlayPage(root, overlay, location.hash.slice(1), stats);
} else if (saved) {
  savedPage(root, saved);
} else if (provider) {
  backPage(root, provider);
} else if (location.pathname === "/account") {
  accountPage(root);
} else if (location.pathname !== "/") {
  nothingPage(root);
} else {
  startPage(root);
}

/** An invitation's secret is in the fragment; it does not stay in the address bar. */
function takeInvitation() {
  const invitation = location.hash.slice(1);
  if (invitation) history.replaceState(null, "", location.pathname);
  return invitation;
}
