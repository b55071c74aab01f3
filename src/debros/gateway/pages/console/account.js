// Who is signed in in this tab, and what is asked in that name.
//
// The access token is kept in the tab's sessionStorage (../login/token.js), so that loading the page again asks nobody for a
// signature; it ends within minutes. The refresh token, good for a month, and an API key, good until revoked, are in
// this module's memory only: other pages and other tabs cannot find them, no browser writes them to a disk, and a
// duplicated tab has none that it would spend a second time.

import { GatewayError, ask, post } from "../../v1/auth/login/files/gateway.js";
import { forget, keep, kept } from "../../v1/auth/login/files/token.js";

const EARLY = 60_000; // milliseconds before its end at which a token is exchanged

// {credential, refresh, until, method, subject, namespace}; null: nobody.
let held = null;
let renewing = null;
let ended = () => {};

/** Call something with the reason, an error, when the credential is not good any more. */
export function onEnd(action) {
  ended = action;
}

/** Tell who is signed in, null for nobody: {method, subject, namespace}. */
export function who() {
  return held;
}

/** Take the tokens of a wallet that has signed. */
export function begin(answer) {
  const before = held;
  take(answer);
  if (before) {
    leave(before).catch(() => {}); // it ends by itself, too
  }
}

/** Take an API key, after the gateway has told whose it is. */
export async function beginWithKey(key) {
  const told = await ask("whoami", authorized(key));
  const before = held;
  forget();
  held = { ...told, credential: key, method: "api_key", refresh: "", until: Infinity };
  if (before) {
    leave(before).catch(() => {});
  }
}

/** Go on with the access token of this tab; tell whether there was a good one. */
export async function resume() {
  const token = kept();
  if (!token) {
    return false;
  }
  try {
    const told = await ask("whoami", authorized(token));
    held = { ...told, credential: token, refresh: "", until: Date.parse(told.expires_at) };
    return true;
  } catch (error) {
    if (error.status !== 401) {
      throw error;
    }
    forget();
    return false;
  }
}

/** End the session at the gateway; an API key is only forgotten. */
export async function signOut() {
  const leaving = held;
  await leave(leaving);
  drop();
}

/**
 * Ask the gateway in this name, by a path relative to /v1/auth/, and return the JSON that comes back.
 *
 * When the credential is not good any more, whoever waits with `onEnd` is told, and the error is thrown as well.
 */
export async function call(path, { method = "GET", body, headers = {} } = {}) {
  if (!held) {
    throw new GatewayError("signed_out", "nobody is signed in");
  }
  const options = { method, headers: { ...headers } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  if (held.refresh && Date.now() > held.until - EARLY) {
    await renew();
  }
  return attempt(path, options, held, held.refresh !== "");
}

async function attempt(path, options, mine, again) {
  let answer;
  try {
    answer = await ask(path, authorized(mine.credential, options));
  } catch (error) {
    if (error.status === 401 && again && same(mine)) {
      if (held === mine) {
        await renew();
      }
      return attempt(path, options, held, false);
    }
    if (held === mine && (error.status === 401 || error.code === "not_owner")) {
      over(error);
    }
    throw error;
  }
  if (!same(mine)) { // who asked has left meanwhile, and the page has been cleared
    throw new GatewayError("signed_out", "whoever asked this is not signed in any more");
  }
  return answer;
}

/** Tell whether whoever asked is still the one who is signed in, perhaps with a newer token. */
function same(mine) {
  return held?.subject === mine.subject && held.namespace === mine.namespace;
}

/** Exchange the refresh token, once however many want it: a second exchange would end the session. */
function renew() {
  renewing ??= exchange(held).finally(() => { renewing = null; });
  return renewing;
}

async function exchange(mine) {
  const body = { refresh_token: mine.refresh };
  try {
    // For an answer that was lost the gateway takes a spent token once more within a minute.
    const answer = await post("refresh", body).catch((error) => {
      if (error.code === "unreachable") {
        return post("refresh", body);
      }
      throw error;
    });
    if (held === mine) {
      take(answer);
    }
  } catch (error) {
    if (held === mine && (error.status === 401 || error.status === 403)) {
      over(error);
    }
    throw error;
  }
}

function take(answer) {
  held = {
    method: "jwt",
    subject: answer.subject,
    namespace: answer.namespace,
    credential: answer.access_token,
    refresh: answer.refresh_token,
    until: Date.now() + answer.expires_in * 1000,
  };
  keep(answer.access_token);
}

async function leave({ method, credential, refresh }) {
  if (method === "api_key") {
    return;
  }
  const body = JSON.stringify(refresh ? { refresh_token: refresh } : {});
  const options = { method: "POST", body, headers: { "Content-Type": "application/json" } };
  await ask("logout", authorized(credential, options));
}

function drop() {
  held = null;
  forget();
}

function over(error) {
  drop();
  ended(error);
}

function authorized(credential, options = {}) {
  return { ...options, headers: { ...options.headers, Authorization: `Bearer ${credential}` } };
}
