// What went wrong, in words for people: what it was, and what to do. Nothing here is markup.

import { clockIsWrong, clockOff } from "./gateway.js";

const WALLET = {
  4001: ["You said no in the wallet", "Nothing was signed. If you did not mean to, try again."],
  4100: ["The wallet does not let this page use the account", "Unlock the wallet, connect the account to this page, and try again."],
  4200: ["This wallet cannot sign texts", "It does not know personal_sign. Choose another wallet."],
  4900: ["The wallet is not connected", "Open the wallet, see that it is online, and try again."],
  4901: ["The wallet is on a network it cannot reach", "Open the wallet, choose another network (Ethereum will do), and try again."],
  [-32002]: ["The wallet is already asking you something", "Open it and answer there. If it shows nothing, close its window and try again."],
  [-32601]: ["This wallet cannot sign texts", "It does not know personal_sign. Choose another wallet."],
  no_account: ["The wallet shows no account", "Unlock it, create or choose an account for this page, and try again."],
  no_network: ["The wallet is on no network", "Open the wallet, choose a network (Ethereum will do), and try again."],
};

const GATEWAY = {
  unreachable: ["The gateway cannot be reached", "Nothing was lost. See that you are online and that the gateway runs, and try again."],
  invalid_nonce: ["The text was too old, or had been used", "Here is a new one: please read and sign it."],
  signature_mismatch: [
    "The signature is not by the account shown above",
    "The wallet signed with another account, or signed another text. Choose the account in the wallet, and try again.",
  ],
  malformed_signature: [
    "The gateway cannot read this wallet's signature",
    "It takes signatures of accounts with a key of their own; accounts that are contracts cannot sign in. Choose another account.",
  ],
  invalid_namespace: ["That is no name for a namespace", "Use a to z, 0 to 9, _ and -, at most 63, and begin with a letter or digit."],
  user_code_not_found: [
    "No device waits with this code",
    "It is mistyped, older than ten minutes, or answered already. Look at the device; it can ask for a new code.",
  ],
  origin_not_allowed: ["This page was reached in a way the gateway does not trust", "Open the gateway's address by hand, without a page around it."],
};

/** Say what an error of a wallet or of the gateway means: {title, text, ways}. */
export function explain(error, { namespace, fixed, account, address } = {}) {
  if (error.code === "not_owner") {
    return belongsToOthers(namespace, fixed, account, address);
  }
  if (error.code === "rate_limited") {
    const seconds = error.retryAfter || 1;
    return say("Too many attempts from this address", `Wait ${seconds} second${seconds === 1 ? "" : "s"}, and try again.`);
  }
  if (GATEWAY[error.code]) {
    const found = say(...GATEWAY[error.code]);
    return error.code === "invalid_nonce" && clockIsWrong() ? { ...found, ways: [aboutClock()] } : found;
  }
  if (WALLET[error.code]) {
    return say(...WALLET[error.code]);
  }
  if (error.status >= 500) {
    return say("The gateway cannot do this at the moment", `It says: ${error.message}. Try again in a moment.`);
  }
  return say(error.status ? "The gateway said no" : "The wallet reports a problem", `It says: ${error.message}`);
}

/** Say that this machine's clock is wrong, which wallets notice. */
export function aboutClock() {
  const minutes = Math.round(Math.abs(clockOff) / 60_000);
  return `This machine's clock is about ${minutes} minutes ${clockOff > 0 ? "ahead of" : "behind"} the gateway's. Some wallets refuse such a text: set the clock, and load this page again.`;
}

function belongsToOthers(namespace, fixed, account, address) {
  return {
    title: `The namespace ${namespace} belongs to somebody else`,
    text: "Your wallet is not one of its owners, so nothing was opened. There are three ways out:",
    ways: [
      "If it is yours: go back, and choose the wallet or the account that owns it.",
      `If you work together: send your address ${account} to an owner, who adds it with POST ${address}v1/namespaces/${namespace}/owners.`,
      fixed
        ? "Otherwise: begin again in the program, with another namespace."
        : "Otherwise: go back, and write another name; one that nobody has becomes yours.",
    ],
  };
}

function say(title, text) {
  return { title, text, ways: [] };
}
