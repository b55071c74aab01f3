// The page's way: [code → device →] wallet → review → done.

import * as device from "./device.js";
import * as session from "./session.js";
import { post } from "./gateway.js";
import { offerWallets } from "./offer.js";
import { readRequest, refusal } from "./request.js";
import { signShown, signingFailed } from "./signing.js";
import { turns } from "./turns.js";
import { at, busy, fixNamespace, press, show, write } from "./view.js";

const request = readRequest(location.href);
const { doing, stop } = turns({ waiting, failed: (error, still) => signingFailed(error, request, still) });
const steps = { request, doing, finish, done, deny };

/** Switch the buttons off or on; a browser that signs itself in has nothing to cancel but the wait for its wallet. */
function waiting(on) {
  busy(on);
  at("wallet-cancel").hidden = request.kind === "browser" && !on;
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

offerWallets(steps);
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
