// The query box. It reads; it writes only when somebody has switched that on, and then with an Idempotency-Key, so that
// a statement whose answer was lost can be run again and is applied once.

import { at } from "../../v1/auth/login/files/view.js";
import { call } from "./account.js";
import { announce, put, trouble } from "./dom.js";
import { hide, show } from "./result.js";
import { count } from "./units.js";
import { aboutStatement } from "./words.js";

// Errors after which nobody knows whether the write was made.
const UNKNOWN = new Set(["unreachable", "unavailable", "outcome_unknown", "answer_unknown", "restarting", "idempotency_key_in_use"]);

let written = () => {};
let running = 0;
let lost = null; // {sql, key} of a write whose answer did not come

/** Make it work; `changed` is called after a write. */
export function prepare(changed) {
  written = changed;
  at("query-form").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  at("sql").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
  at("writes").addEventListener("change", () => allow(at("writes").checked));
}

/** Put a statement into the box, and lead there. */
export function write(sql) {
  at("sql").value = sql;
  at("sql").focus();
  at("query").scrollIntoView({ block: "nearest" });
}

/** Leave nothing of one who has gone. */
export function clear() {
  running += 1;
  lost = null;
  at("sql").value = "";
  at("writes").checked = false;
  allow(false);
  busy(false);
  put(at("query-said"), "");
  trouble("query", "");
  hide();
}

function allow(on) {
  at("query").classList.toggle("risky", on);
  put(at("run"), on ? "Run, writes allowed" : "Run");
  announce(on ? "Writes are allowed in the query box." : "");
}

async function run() {
  const sql = at("sql").value.trim();
  if (at("run").getAttribute("aria-disabled") === "true" || !sql) {
    return;
  }
  const mine = ++running;
  busy(true);
  trouble("query", "");
  put(at("query-said"), "Running …");
  const begun = performance.now();
  try {
    const text = await answer(sql, at("writes").checked, () => mine === running);
    if (mine === running) {
      put(at("query-said"), `${text} ${Math.round(performance.now() - begun)} ms.`);
    }
  } catch (error) {
    if (mine === running) {
      put(at("query-said"), "");
      hide();
      trouble("query", aboutStatement(error, { written: lost?.sql === sql }));
    }
  } finally {
    if (mine === running) {
      busy(false);
    }
  }
}

/** Run it, show what came, and return it in words. */
async function answer(sql, writes, still) {
  const level = at("level").value;
  try {
    // Integers beyond 2^53 come as text, which shows them as they are.
    const read = await call("../rqlite/query?shape=rows&bigint=string", { method: "POST", body: { sql, level } });
    return still() ? `${show(read, Number(at("most").value))} Read at level ${level}.` : "";
  } catch (error) {
    if (error.code !== "not_a_read" || !writes) {
      throw error;
    }
  }
  return execute(sql, still);
}

async function execute(sql, still) {
  const key = lost?.sql === sql ? lost.key : newKey();
  lost = { sql, key };
  let done;
  try {
    done = await call("../rqlite/exec", { method: "POST", body: { sql }, headers: { "Idempotency-Key": key } });
  } catch (error) {
    if (!UNKNOWN.has(error.code)) {
      lost = null; // it was refused
    }
    throw error;
  }
  lost = null;
  written();
  if (!still()) {
    return "";
  }
  const rows = done.columns ? ` ${show(done, Number(at("most").value))}` : "";
  if (!done.columns) {
    hide();
  }
  const id = done.last_insert_id ? ` Last id: ${done.last_insert_id}.` : "";
  return `Written: ${count(done.rows_affected, "row")} changed.${id}${rows}`;
}

function busy(on) {
  on ? at("run").setAttribute("aria-disabled", "true") : at("run").removeAttribute("aria-disabled");
}

// crypto.randomUUID is not there on a page that came over plain HTTP from another host.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
