// The browser's own sign-in: the access token stays in this tab, until it ends or somebody signs out.
// The refresh token is thrown away: what lives for a month does not belong where a page can read it.

import { withToken } from "./gateway.js";
import { at, press, show, write } from "./view.js";

const KEY = "debros.access_token";
let page;

/** Show who is signed in in this tab, else the wallets. */
export function begin(steps) {
  page = steps;
  press("sign-out", signOut);
  press("copy-key", copyKey);
  if (!sessionStorage.getItem(KEY)) {
    show("wallet", { first: true });
    return;
  }
  page.doing("", async () => {
    try {
      const who = await withToken("whoami", sessionStorage.getItem(KEY));
      signedIn(who);
    } catch (error) {
      show("wallet", { first: true });
      if (error.status !== 401) {
        throw error;
      }
      sessionStorage.removeItem(KEY);
    }
  });
}

/** Keep the access token of a sign-in, and show what came with it. */
export function begun(answer) {
  sessionStorage.setItem(KEY, answer.access_token);
  signedIn(answer);
  at("api-key-box").hidden = !answer.api_key;
  write({ "api-key": answer.api_key ?? "" });
}

function signedIn({ subject, namespace }) {
  page.done("You are signed in", `In this tab, as ${subject} in the namespace ${namespace}.`);
  at("sign-out").hidden = false;
}

function signOut() {
  page.doing("", async () => {
    await withToken("logout", sessionStorage.getItem(KEY), "POST");
    sessionStorage.removeItem(KEY);
    at("sign-out").hidden = true;
    at("api-key-box").hidden = true;
    write({ "api-key": "" });
    show("wallet");
  });
}

async function copyKey() {
  try {
    await navigator.clipboard.writeText(at("api-key").textContent);
    at("copy-key").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(at("api-key")); // without the right to copy: ready for Ctrl-C
    at("copy-key").textContent = "Selected: copy it with your keyboard";
  }
}
