// From a wallet to its signature: which account, which text, and whether both are still what was shown.

import { HERE, clockIsWrong, clockOff, post } from "./gateway.js";
import { at, complain, show, tell, write } from "./view.js";
import { connect, current, sign } from "./wallets.js";
import { aboutClock, explain } from "./words.js";

const NAMESPACE = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** What has been chosen so far; `until` is when the text ends, by this machine's clock. */
export const chosen = { wallet: null, account: "", chain: 0, challenge: null, until: 0 };

/** Ask a wallet for an account, and show the text for it. */
export function choose(wallet, { request, doing }) {
  at("namespace").removeAttribute("aria-invalid");
  const name = namespace(request);
  if (name && !NAMESPACE.test(name)) {
    complain(explain({ code: "invalid_namespace" }));
    wrongNamespace(request);
    return;
  }
  doing(`Look at ${wallet.name}: it asks which account may be used here.`, async (still) => {
    const found = await connect(wallet.provider);
    if (still()) {
      Object.assign(chosen, { wallet, ...found });
      await newText(request, still);
    }
  });
}

/** Lead to the field with a name that cannot be one. */
export function wrongNamespace(request) {
  if (!request.namespace) {
    at("namespace").setAttribute("aria-invalid", "true");
    at("namespace").focus();
  }
}

/** Ask the gateway for a text to sign, and show it. */
export async function newText(request, still) {
  const challenge = await post("challenge", {
    wallet: chosen.account, chain_id: chosen.chain, namespace: namespace(request) || undefined,
  });
  if (!still()) {
    return;
  }
  Object.assign(chosen, { challenge, until: Date.parse(challenge.expires_at) + clockOff });
  show("review");
  write({
    "review-wallet": chosen.wallet.name,
    "review-account": challenge.message.split("\n")[1], // as the text has it, with its checksum
    "review-namespace": challenge.namespace,
    "review-host": location.host,
    message: challenge.message,
  });
  tell(clockIsWrong() ? aboutClock() : "");
}

/** Have the text that is shown signed, and hand the proof to `finish`. */
export function signShown({ request, doing, finish }) {
  const { wallet, challenge } = chosen;
  doing(`Look at ${wallet.name}: it shows the text, and asks you to sign.`, async (still) => {
    const now = await current(wallet.provider);
    if (!still()) {
      return;
    }
    const why = changed(now);
    if (why) {
      Object.assign(chosen, now);
      await newText(request, still);
      complain({ title: why, text: "Here is a new text: please read and sign it.", ways: [] });
      return;
    }
    const signature = await sign(wallet.provider, challenge.message, chosen.account);
    if (still()) {
      tell("Signed. One moment …");
      const { nonce, namespace: name } = challenge;
      await finish({ wallet: chosen.account, nonce, signature, namespace: name }, still);
    }
  });
}

/** Explain what went wrong on the way, and bring a new text where the old one was. */
export async function signingFailed(error, request, still) {
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

function changed({ account, chain }) {
  if (account.toLowerCase() !== chosen.account.toLowerCase()) {
    return `The wallet is now at another account, ${account}`;
  }
  if (chain !== chosen.chain) {
    return "The wallet is now on another network";
  }
  return Date.now() > chosen.until ? "The text was too old" : "";
}

function namespace(request) {
  return request.namespace || at("namespace").value.trim();
}
