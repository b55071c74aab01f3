// API keys: listed by their beginnings, made and shown once, revoked after a question.

import { at, copyText, press } from "../../v1/auth/login/files/view.js";
import { call, who } from "./account.js";
import { confirmed } from "./ask.js";
import { announce, fill, put, trouble } from "./dom.js";
import { count, moment } from "./units.js";
import { because } from "./words.js";

/** Make it work. */
export function prepare() {
  at("keys-form").addEventListener("submit", (event) => {
    event.preventDefault();
    make();
  });
  press("new-key-copy", () => copyText("new-key-text", "new-key-copy"));
  press("new-key-done", () => {
    clear();
    at("keys-title").focus();
  });
}

/** Ask for them, and show them. */
export async function load() {
  const { api_keys: keys } = await call("api-keys");
  at("keys-form").hidden = who().method === "api_key";
  put(at("keys-summary"), `${count(keys.length, "key")} of this namespace${who().method === "api_key" ? "; a key cannot make others: sign in with a wallet for that" : ""}.`);
  fill(at("keys-rows"), keys, { key: (key) => key.id, cells });
}

/** Leave nothing of one who has gone. */
export function clear() {
  at("new-key").hidden = true;
  put(at("new-key-text"), "");
  put(at("new-key-copy"), "Copy the key");
  put(at("keys-problem"), "");
  at("key-name").value = "";
}

function cells(key) {
  const name = key.name || "without a name";
  return [
    name,
    { text: `${key.prefix}…`, kind: "code" },
    { text: key.wallet, kind: "code" },
    moment(key.created_at),
    moment(key.last_used_at),
    { button: { text: "Revoke", label: `Revoke ${name}, ${key.prefix}…`, press: revoke, danger: true } },
  ];
}

async function make() {
  put(at("keys-problem"), "");
  try {
    const name = at("key-name").value.trim();
    const made = await call("api-key", { method: "POST", body: { name } });
    clear();
    put(at("new-key-text"), made.api_key);
    at("new-key").hidden = false;
    at("new-key-title").focus();
    await load();
  } catch (error) {
    put(at("keys-problem"), because(error));
  }
}

async function revoke(key) {
  const sure = await confirmed({
    title: `Revoke the key ${key.prefix}…?`,
    text: `Whatever uses “${key.name || "the key without a name"}” is refused at once, and its WebSockets are closed. This cannot be taken back.`,
    yes: "Revoke it",
  });
  if (!sure) {
    return;
  }
  try {
    await call(`api-keys/${encodeURIComponent(key.id)}`, { method: "DELETE" });
    announce(`The key ${key.prefix} is revoked.`);
    await load();
  } catch (error) {
    if (error.code !== "api_key_not_found") { // else somebody else was faster
      put(at("keys-problem"), because(error));
      return;
    }
    await load().catch((later) => trouble("keys", because(later)));
  }
}
