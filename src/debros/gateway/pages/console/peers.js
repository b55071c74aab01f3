// The peers that the node beside this gateway knows.

import { at } from "../../v1/auth/login/files/view.js";
import { call } from "./account.js";
import { fill, put } from "./dom.js";
import { STATES } from "./nodes.js";
import { count, moment } from "./units.js";

/** Ask for them, and show them: those that are connected first. */
export async function load() {
  const { peers } = await call("../network/peers");
  const sorted = peers.toSorted((one, other) => other.connected - one.connected || one.id.localeCompare(other.id));
  put(at("peers-summary"), `${count(peers.length, "peer")}, ${peers.filter((one) => one.connected).length} connected.`);
  fill(at("peers-rows"), sorted, { key: (peer) => peer.id, cells });
}

function cells(peer) {
  return [
    { text: peer.id, kind: "code" },
    connection(peer),
    peer.state ? { text: peer.state, state: STATES[peer.state] ?? "unknown" } : "no node of the cluster",
    peer.connected ? "now" : moment(peer.last_seen * 1000),
    { text: peer.addresses.join(" "), kind: "code" },
  ];
}

function connection({ connected, turned_away: away }) {
  if (away) {
    return { text: "turned away", state: "warn" };
  }
  return connected ? { text: "connected", state: "good" } : { text: "not connected", state: "unknown" };
}
