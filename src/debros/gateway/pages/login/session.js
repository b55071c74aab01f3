// The browser's own sign-in: the access token stays in this tab, until it ends or somebody signs out.
// The refresh token is thrown away; see token.js.

import { withToken } from "./gateway.js";
import { forget, keep, kept } from "./token.js";
import { at, copyText, press, show, write } from "./view.js";

let page;

/** Show who is signed in in this tab, else the wallets. */
export function begin(steps) {
  page = steps;
  press("sign-out", signOut);
  press("copy-key", () => copyText("api-key", "copy-key"));
  if (!kept()) {
    show("wallet", { first: true });
    return;
  }
  page.doing("", async () => {
    try {
      const who = await withToken("whoami", kept());
      signedIn(who);
    } catch (error) {
      show("wallet", { first: true });
      if (error.status !== 401) {
        throw error;
      }
      forget();
    }
  });
}

/** Keep the access token of a sign-in, and show what came with it. */
export function begun(answer) {
  keep(answer.access_token);
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
    await withToken("logout", kept(), "POST");
    forget();
    at("sign-out").hidden = true;
    at("api-key-box").hidden = true;
    write({ "api-key": "" });
    show("wallet");
  });
}
