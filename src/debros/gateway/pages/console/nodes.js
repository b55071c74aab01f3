// Every node of the cluster, as the node beside this gateway hears them, and how often the database is kept.

import { at } from "../../v1/auth/login/files/view.js";
import { call } from "./account.js";
import { fill, put, tiles } from "./dom.js";
import { ago, count, duration, known, size } from "./units.js";

export const STATES = { up: "good", down: "bad", unknown: "unknown" };

/** Ask for them, and show them. */
export async function load() {
  const told = await call("../network/status");
  const { replication, voters } = told;
  const wanted = replication.replication_factor;
  tiles({
    "nodes-voters": {
      text: `${replication.reachable_voters} of ${voters} reachable${wanted === undefined ? "" : `, ${wanted} wanted`}`,
      state: replication.reachable_voters < voters ? "bad" : replication.under_replicated ? "warn" : "good",
    },
    "nodes-replicas": replication.replicas,
    "nodes-role": told.raft_role,
    "nodes-size": size(told.database_size),
  });
  put(at("nodes-summary"), summary(told));
  fill(at("nodes-rows"), told.nodes, { key: (node) => node.peer_id, cells });
}

function cells(node) {
  return [
    node.name,
    { text: node.state, state: STATES[node.state] ?? "unknown" },
    known(node.age, ago),
    database(node),
    known(node.peers),
    known(node.version),
    known(node.rqlite_version),
    known(node.uptime, duration),
    known(node.cpu_percent, (value) => `${value.toFixed(1)} %`),
    known(node.memory_bytes, size),
  ];
}

function database({ database_role: role, database_ready: ready }) {
  if (!role) {
    return { text: "–" };
  }
  return { text: ready ? role : `${role}, not ready`, state: ready ? "good" : "bad" };
}

function summary({ connected, nodes }) {
  if (!connected) {
    return "The node beside this gateway does not answer, so nobody here can tell how the others are.";
  }
  const many = (state) => nodes.filter((node) => node.state === state).length;
  return `${count(nodes.length, "node")}: ${many("up")} up, ${many("down")} down, ${many("unknown")} unknown.`;
}
