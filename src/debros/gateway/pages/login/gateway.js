// Asks the gateway that served this file. Addresses are relative to it, so that a proxy may put the gateway under a path,
// and that the console may use it as well.

const AUTH = new URL("../../", import.meta.url); // …/v1/auth/
const PATIENCE = 30_000; // milliseconds for an answer
const CLOCK_SLACK = 120_000; // milliseconds; sign-in texts live five minutes

/** An answer that is not the one asked for; code "unreachable" when there was none at all. */
export class GatewayError extends Error {
  constructor(code, detail, { status = 0, retryAfter = 0, answer = null } = {}) {
    super(detail);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter; // seconds, 0 when nobody said
    this.answer = answer;
  }
}

/** The gateway's own address. */
export const HERE = new URL("../../", AUTH).href;

/** Milliseconds that this machine's clock is ahead of the gateway's, to about a second. */
export let clockOff = 0;

/** Tell whether that is enough for a wallet to take a text for one of the past or the future. */
export function clockIsWrong() {
  return Math.abs(clockOff) > CLOCK_SLACK;
}

/** Send JSON to a path below /v1/auth/ and return the JSON that comes back. */
export async function post(path, body) {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** Ask with an access token. */
export async function withToken(path, token, method = "GET") {
  return ask(path, { method, headers: { Authorization: `Bearer ${token}` } });
}

/** Ask for a path, which is relative to /v1/auth/, and return the JSON that comes back. */
export async function ask(path, options) {
  let response, answer;
  try {
    response = await fetch(new URL(path, AUTH), {
      ...options, credentials: "omit", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE),
    });
    compareClocks(response.headers.get("Date"));
    answer = JSON.parse(await response.text(), exact);
  } catch (error) {
    if (response && !response.ok) { // a proxy's own words
      throw new GatewayError("unavailable", `the answer was ${response.status}`, { status: response.status });
    }
    throw new GatewayError("unreachable", String(error));
  }
  if (response.ok) {
    return answer;
  }
  throw new GatewayError(answer.code || "unknown", answer.error || response.statusText, {
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
    answer,
  });
}

/** Leave integers beyond 2^53 as they are written, as text, where the browser tells (JSON.parse with source text access). */
function exact(_, value, context) {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source ?? value : value;
}

function compareClocks(date) {
  clockOff = date ? Date.now() - Date.parse(date) : 0;
}
