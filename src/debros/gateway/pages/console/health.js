// How the gateway is that serves this page.

import { ask } from "../../v1/auth/login/files/gateway.js";
import { tiles } from "./dom.js";
import { duration } from "./units.js";

const STATES = { ok: "good", degraded: "bad", draining: "warn", "under-replicated": "warn", unknown: "unknown" };

/** Ask it, and show it. It is asked without a credential: a gateway whose database is away still knows how it is. */
export async function load() {
  const [{ status, server, client }, version] = await Promise.all([report(), ask("../version")]);
  const check = (text) => ({ text, state: text === "ok" ? "good" : "bad" });
  tiles({
    "health-status": { text: status, state: STATES[status] ?? "bad" },
    "health-connection": check(client.checks.connection),
    "health-database": check(client.checks.database),
    "health-pubsub": check(client.checks.pubsub),
    "health-replication": { text: client.replication, state: STATES[client.replication] ?? "unknown" },
    "health-version": version.version,
    "health-uptime": duration(server.uptime),
  });
}

async function report() {
  try {
    return await ask("../../health");
  } catch (error) {
    if (error.answer?.client) { // 503: it is not well, and says so
      return error.answer;
    }
    throw error;
  }
}
