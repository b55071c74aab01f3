// Signing in: wallet → review → the panels, with the sign-in page's own steps; or an API key.

import { post } from "../../v1/auth/login/files/gateway.js";
import { offerWallets } from "../../v1/auth/login/files/offer.js";
import { signShown, signingFailed } from "../../v1/auth/login/files/signing.js";
import { turns } from "../../v1/auth/login/files/turns.js";
import { at, busy, complain, press, show } from "../../v1/auth/login/files/view.js";
import { begin, beginWithKey, who } from "./account.js";

const request = { namespace: "" };
const { doing, stop } = turns({ waiting, failed });
let signedIn = () => {};
let usingKey = false;

/** Make it work; `then` is called with the gateway's answer when somebody has signed in. */
export function prepare(then) {
  signedIn = then;
  offerWallets({ request, doing: (...args) => { usingKey = false; return doing(...args); } });
  press("wallet-cancel", cancel);
  press("review-back", () => {
    stop();
    show("wallet");
  });
  press("sign", () => signShown({ request, doing, finish }));
  at("key-form").addEventListener("submit", useKey);
}

/** Show it, with what made it necessary: null, or {title, text, ways}. */
export function open(why = null) {
  at("entry").hidden = false;
  show("wallet", { first: true });
  waiting(false);
  if (why) {
    complain(why);
    at("wallet-title").focus();
  }
}

/** Take it away. */
export function close() {
  stop();
  at("entry").hidden = true;
  at("api-key").value = "";
}

async function finish(proof, still) {
  const answer = await post("verify", proof);
  if (still()) {
    begin(answer);
    signedIn(answer);
  }
}

function useKey(event) {
  event.preventDefault();
  const key = at("api-key").value.trim();
  at("api-key").removeAttribute("aria-invalid");
  if (!key) {
    at("api-key").setAttribute("aria-invalid", "true");
    at("api-key").focus();
    complain({ title: "There is no key in the field", text: "Paste one that begins with ak_.", ways: [] });
    return;
  }
  usingKey = true;
  doing("Asking whose key this is …", async (still) => {
    await beginWithKey(key);
    if (still()) {
      signedIn({});
    }
  });
}

async function failed(error, still) {
  if (usingKey && error.status === 401) {
    at("api-key").setAttribute("aria-invalid", "true");
    at("api-key").focus();
    complain({
      title: "This gateway does not know the key",
      text: "It is mistyped, revoked, or of another network. A wallet that owns the namespace can make a new one.",
      ways: [],
    });
    return;
  }
  await signingFailed(error, request, still);
}

function cancel() {
  stop();
  if (who()) {
    signedIn({}); // back to where somebody is signed in still
  } else {
    at("wallet-title").focus();
  }
}

function waiting(on) {
  busy(on);
  at("wallet-cancel").hidden = !on && !who();
}
