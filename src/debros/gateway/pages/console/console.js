// The page: signing in, or the panels, which refresh by themselves.

import { at, complain, copyText, press, write } from "../../v1/auth/login/files/view.js";
import { onEnd, resume, signOut, who } from "./account.js";
import { unask } from "./ask.js";
import * as backups from "./backups.js";
import { announce, element, put, trouble } from "./dom.js";
import * as entry from "./entry.js";
import { feeds } from "./feeds.js";
import * as health from "./health.js";
import * as keys from "./keys.js";
import * as nodes from "./nodes.js";
import * as peers from "./peers.js";
import * as query from "./query.js";
import * as sessions from "./sessions.js";
import * as tables from "./tables.js";
import * as topics from "./topics.js";
import { ago } from "./units.js";
import { because, farewell, notice } from "./words.js";

// Periods in milliseconds: the gateway keeps health and network for a second; nodes speak twice a minute.
const PANELS = [
  { name: "health", period: 3_000, load: health.load },
  { name: "nodes", period: 5_000, load: nodes.load },
  { name: "peers", period: 10_000, load: peers.load },
  { name: "backups", period: 60_000, load: backups.load },
  { name: "tables", period: 15_000, load: tables.load },
  { name: "topics", period: 5_000, load: topics.load },
  { name: "keys", period: 15_000, load: keys.load },
  { name: "sessions", period: 15_000, load: sessions.load },
];
const live = feeds(PANELS, told);
let namespace = "";
let said = "";

function told({ updated, paused, failing }) {
  for (const { name } of PANELS) {
    trouble(name, failing[name] ? because(failing[name].error) : "");
  }
  const word = notice(failing);
  const key = word ? word.title + word.text : "";
  if (key !== said) {
    at("notice").replaceChildren(...(word ? [element("h2", word.title), element("p", word.text)] : []));
    announce(key ? "" : "The gateway answers again.");
    said = key;
  }
  const age = updated ? `Updated ${ago((Date.now() - updated) / 1000)}` : "Not updated yet";
  put(at("updated"), paused ? `Paused. ${age}` : age);
}

function opened(answer, { again = false } = {}) {
  entry.close();
  const { method, subject, namespace: name } = who();
  namespace = name;
  clear();
  write({
    "who-namespace": name,
    "who-kind": method === "api_key" ? "API key of" : "Wallet",
    "who-subject": subject || "the gateway's configuration",
  });
  if (answer.api_key) {
    write({ "first-key-text": answer.api_key, "first-key-copy": "Copy the key" });
    at("first-key").hidden = false;
  }
  reveal(true);
  live.start();
  if (!again) { // a page that was only loaded again begins at its top
    at(answer.api_key ? "first-key-title" : "main").focus();
  }
}

function closed(why) {
  live.stop();
  reveal(false);
  clear();
  entry.open(why);
}

function reveal(on) {
  for (const id of ["who", "places", "panels"]) {
    at(id).hidden = !on;
  }
}

/** Leave nothing of one who has gone for one who comes. */
function clear() {
  document.querySelectorAll("#panels tbody").forEach((body) => body.replaceChildren());
  at("notice").replaceChildren();
  said = "";
  unask();
  for (const panel of [query, topics, keys, sessions]) {
    panel.clear();
  }
  forgetKey();
}

function forgetKey() {
  at("first-key").hidden = true;
  write({ "first-key-text": "" });
}

async function leave() {
  try {
    await signOut();
    closed(null);
    at("wallet-title").focus();
  } catch (error) {
    at("notice").replaceChildren(
      element("h2", "You are still signed in at the gateway"),
      element("p", `${because(error)} Try again, or close this tab: the access token ends by itself within minutes.`),
    );
  }
}

onEnd((error) => closed(farewell(error, namespace)));
entry.prepare(opened);
query.prepare(() => live.now("tables"));
keys.prepare();
press("sign-out", leave);
press("change-namespace", () => {
  live.stop();
  reveal(false);
  entry.open();
  at("namespace").focus();
});
press("refresh", async () => {
  await live.now();
  announce("Refreshed.");
});
press("pause", () => {
  const stopped = at("pause").getAttribute("aria-pressed") !== "true";
  at("pause").setAttribute("aria-pressed", String(stopped));
  live.pause(stopped);
});
press("first-key-copy", () => copyText("first-key-text", "first-key-copy"));
press("first-key-done", () => {
  forgetKey();
  at("health-title").focus();
});
write({ host: location.host });
resume().then((there) => (there ? opened({}, { again: true }) : entry.open())).catch((error) => {
  entry.open();
  complain({ title: "The gateway cannot tell who you are", text: because(error), ways: [] });
});
