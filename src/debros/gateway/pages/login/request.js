// What the page was opened for: its address says it, and the gateway has checked it before it served the page.

const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * Read the page's address.
 *
 * kind is "program" (one on this machine waits at `callback`), "device" (one elsewhere shows a code) or "browser".
 */
export function readRequest(address) {
  const { searchParams: given } = new URL(address);
  const namespace = given.get("namespace") || "";
  const callback = given.get("callback");
  if (callback !== null) {
    return {
      kind: "program",
      namespace,
      callback: onThisMachine(callback),
      state: given.get("state") || "",
      codeChallenge: given.get("code_challenge") || "",
    };
  }
  if (given.has("user_code") || given.has("device")) {
    return { kind: "device", namespace: "", userCode: given.get("user_code") || "" };
  }
  return { kind: "browser", namespace };
}

/** Return where the browser goes when its user says no. */
export function refusal({ callback, state }) {
  return `${callback}?${new URLSearchParams({ error: "access_denied", state })}`;
}

// The gateway decides; this is for the case that the two ever read an address differently.
function onThisMachine(callback) {
  const { protocol, hostname, username, search, hash } = new URL(callback);
  if (protocol !== "http:" || !LOOPBACK.has(hostname) || username || search || hash) {
    throw new Error("the callback is not on this machine");
  }
  return callback;
}
