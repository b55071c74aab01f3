// The page's way: [code → device →] wallet → review → done. One thing at a time is under way; what a wallet or the
// gateway answers after somebody has gone on to something else is not listened to any more.

import * as device from "./device.js";
import * as session from "./session.js";
import { post } from "./gateway.js";
import { readRequest, refusal } from "./request.js";
import { choose, chosen, newText, signShown, wrongNamespace } from "./signing.js";
import { at, busy, complain, fixNamespace, forgive, listWallets, press, show, tell, write } from "./view.js";
import { findWallets } from "./wallets.js";
import { explain } from "./words.js";

const A_MOMENT = 800; // milliseconds in which wallets announce themselves
const HERE = new URL("../../", location.href).href; // the gateway's address, of …/v1/auth/login

const request = readRequest(location.href);
const steps = { request, doing, finish, done, deny };
let turn = 0;

/** Do something, with the buttons off meanwhile; what goes wrong is explained. */
async function doing(what, work) {
  const mine = ++turn;
  const still = () => mine === turn;
  forgive();
  tell(what);
  waiting(true);
  try {
    await work(still);
  } catch (error) {
    if (still()) {
      await failed(error, still);
    }
  } finally {
    if (still()) {
      waiting(false);
    }
  }
}

/** Switch the buttons off or on; a browser that signs itself in has nothing to cancel but the wait for its wallet. */
function waiting(on) {
  busy(on);
  at("wallet-cancel").hidden = request.kind === "browser" && !on;
}

/** Listen to nothing that is under way any more. */
function stop() {
  ++turn;
  waiting(false);
  tell("");
}

async function failed(error, still) {
  const { challenge, account } = chosen;
  const told = explain(error, {
    namespace: challenge?.namespace, fixed: Boolean(request.namespace), account, address: HERE,
  });
  if (error.code === "invalid_nonce" && !at("step-review").hidden) {
    await newText(request, still).catch(() => show("wallet"));
  }
  complain(told);
  if (error.code === "invalid_namespace") {
    wrongNamespace(request);
  }
}

async function finish(proof, still) {
  if (request.kind === "program") {
    const { callback, state, codeChallenge } = request;
    const answer = await post("login/complete", { ...proof, callback, state, code_challenge: codeChallenge });
    if (still()) {
      done("You are signed in", "This window now goes back to the program that waits. You may close it.");
      location.replace(answer.redirect_to);
    }
  } else if (request.kind === "device") {
    await post("device/approve", { ...proof, user_code: request.userCode });
    if (still()) {
      done("Your device is signed in", "It goes on by itself within a few seconds. You may close this page.");
    }
  } else {
    const answer = await post("verify", proof);
    if (still()) {
      session.begun(answer);
    }
  }
}

function done(title, text) {
  show("done");
  write({ "done-title": title, "done-text": text });
  at("done-title").focus();
}

function cancel() {
  stop();
  if (request.kind === "program") {
    location.replace(refusal(request));
  } else if (request.kind === "device") {
    deny();
  } else {
    at("wallet-title").focus(); // the button that had the focus is gone
  }
}

function deny() {
  doing("", async (still) => {
    await post("device/deny", { user_code: request.userCode });
    if (still()) {
      done("Denied", "The device has been told no. Nothing was signed.");
    }
  });
}

const nothingFound = () => { at("no-wallet").hidden = at("wallets").children.length > 0; };
const look = findWallets((wallets) => {
  listWallets(wallets, (wallet) => choose(wallet, steps));
  at("no-wallet").hidden ||= wallets.length > 0;
});
setTimeout(nothingFound, A_MOMENT);
press("look-again", () => {
  look();
  nothingFound();
  tell(at("no-wallet").hidden ? "" : "Still no wallet.");
});
press("wallet-cancel", cancel);
press("review-back", () => {
  stop();
  show("wallet");
});
press("sign", () => signShown(steps));

waiting(false);
write({ host: location.host });
if (request.namespace) {
  fixNamespace(request.namespace);
}
if (request.kind === "program") {
  const { host } = new URL(request.callback);
  write({
    title: "Sign in for a program",
    purpose: `A program on this machine waits at ${host}. Go on only if you have just started it.`,
  });
  show("wallet", { first: true });
} else if (request.kind === "device") {
  write({ title: "Sign in for a device", "wallet-cancel": "Deny" });
  device.begin(steps);
} else {
  session.begin(steps);
}
