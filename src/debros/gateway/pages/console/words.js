// What went wrong, in words: what it was, and what to do. Nothing here is markup.

import { count } from "./units.js";

/** Say in one sentence, for a panel, why something could not be had. */
export function because(error) {
  switch (error.code) {
    case "unreachable":
      return "The gateway does not answer. What stands here is what it said last.";
    case "unavailable":
      return `Something between here and the gateway answered instead of it: ${error.message}. What stands here is older.`;
    case "rate_limited":
      return "This was asked too often; it goes on by itself.";
    case "no_leader":
      return "The database has no leader at the moment. It elects one by itself while a majority of its hosts is there.";
    case "node_unavailable":
      return "The node beside this gateway does not answer; see debros-node on its host.";
    case "wallet_required":
      return "This needs a wallet's own sign-in; with an API key it cannot be done. Sign out, and sign in with the wallet.";
    default:
      return error.status ? sentence(error.message) : `This page failed: ${error.message}. Load it again; if it stays so, tell who runs the gateway.`;
  }
}

/** Return what the whole page says above everything, from what its feeds report; null for nothing. */
export function notice(failing) {
  const all = Object.values(failing);
  const away = all.find(({ error }) => error.code === "unreachable" || error.code === "unavailable");
  if (away) {
    return {
      title: "The gateway cannot be reached",
      text: `Since ${new Date(away.since).toLocaleTimeString()}. What you see is what it said last. This page tries again by itself; see that you are `
        + "online, and on the gateway's host: systemctl status debros-gateway.",
    };
  }
  const busy = all.find(({ error }) => error.code === "rate_limited");
  if (busy) {
    const seconds = Math.max(1, busy.error.retryAfter);
    return {
      title: "The gateway asks this page to slow down",
      text: `It goes on by itself after ${count(seconds, "second")}. If it happens often, close other tabs of this page, or raise rates in gateway.yaml.`,
    };
  }
  return null;
}

/** Say why somebody has to sign in again: {title, text, ways}. */
export function farewell(error, namespace) {
  if (error.code === "not_owner") {
    return {
      title: `You are not an owner of the namespace ${namespace}`,
      text: "It may have been taken from your wallet just now. An owner can add it again; or sign in to another namespace.",
      ways: [],
    };
  }
  return {
    title: "Your session has ended",
    text: "It was signed out, revoked, or too old. Nothing was lost at the gateway: sign in again to go on.",
    ways: [],
  };
}

/** Say why a statement was not answered; `written`: it may have been a write that was made. */
export function aboutStatement(error, { written }) {
  if (written) {
    return "No answer came, so nobody knows yet whether it was written. Run the very same statement again: it is applied once, however often you do.";
  }
  switch (error.code) {
    case "not_a_read":
      return "This statement writes, and nothing was changed. To run it, switch on “Allow writes” first.";
    case "unreachable":
      return "The gateway does not answer. Nothing was changed; run it again when it does.";
    case "rate_limited":
      return `This was asked too often. Nothing was changed; run it again in ${count(Math.max(1, error.retryAfter), "second")}.`;
    case "sql_error":
      return error.message; // SQLite's own words, as they are
    default:
      return because(error);
  }
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
