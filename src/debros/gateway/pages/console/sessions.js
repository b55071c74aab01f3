// Where the wallet is signed in to this namespace.

import { at } from "../../v1/auth/login/files/view.js";
import { call, who } from "./account.js";
import { confirmed } from "./ask.js";
import { announce, fill, put } from "./dom.js";
import { count, moment } from "./units.js";
import { because } from "./words.js";

/** Ask for them, and show them; an API key has none. */
export async function load() {
  if (who().method === "api_key") {
    put(at("sessions-summary"), "Sessions are a wallet's own matter: sign in with the wallet to see where it is signed in.");
    return;
  }
  const { sessions } = await call("sessions");
  put(at("sessions-summary"), `Your wallet is signed in to this namespace ${count(sessions.length, "time")}.`);
  fill(at("sessions-rows"), sessions, { key: (session) => session.id, cells });
}

/** Leave nothing of one who has gone. */
export function clear() {
  put(at("sessions-problem"), "");
}

function cells(session) {
  const begun = moment(session.created_at);
  return [
    session.current ? `${begun}: this one` : begun,
    moment(session.renewed_at),
    moment(session.expires_at),
    { button: { text: "End", label: `End the session of ${begun}`, press: end, danger: true } },
  ];
}

async function end(session) {
  const sure = await confirmed({
    title: session.current ? "End the session of this page?" : "End this session?",
    text: `It began ${moment(session.created_at)}. Whoever uses it has to sign in with the wallet again. API keys go on.`,
    yes: "End it",
  });
  if (!sure) {
    return;
  }
  put(at("sessions-problem"), "");
  try {
    await call(`sessions/${encodeURIComponent(session.id)}`, { method: "DELETE" });
    announce("The session has ended.");
    await load();
  } catch (error) {
    // Of this page's own the farewell tells; one that is not there has ended already.
    if (error.status !== 401 && error.code !== "session_not_found") {
      put(at("sessions-problem"), because(error));
    }
  }
}
