// Asks the gateway that served this page. Addresses are relative, so that a proxy may put it under a path.

const PATIENCE = 30_000; // milliseconds for an answer
const CLOCK_SLACK = 120_000; // milliseconds; sign-in texts live five minutes

/** An answer that is not the one asked for; code "unreachable" when there was none at all. */
export class GatewayError extends Error {
  constructor(code, detail, { status = 0, retryAfter = 0 } = {}) {
    super(detail);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

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

async function ask(path, options) {
  let response, answer;
  try {
    response = await fetch(path, {
      ...options, credentials: "omit", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE),
    });
    compareClocks(response.headers.get("Date"));
    answer = await response.json();
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
  });
}

function compareClocks(date) {
  clockOff = date ? Date.now() - Date.parse(date) : 0;
}
