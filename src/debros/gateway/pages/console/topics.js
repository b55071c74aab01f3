// The namespace's topics, who listens at this gateway, and who is present in one.

import { at } from "../../v1/auth/login/files/view.js";
import { call } from "./account.js";
import { fill, put } from "./dom.js";
import { count, moment } from "./units.js";

let chosen = "";

/** Ask for them, and show them, with those who are present in the one that is chosen. */
export async function load() {
  const { topics, subscribers } = await call("../pubsub/topics?subscribers=true");
  put(at("topics-summary"), topics.length ? `${count(topics.length, "topic")} on this host.` : "Nobody on this host listens to a topic.");
  fill(at("topics-rows"), topics, {
    key: (topic) => topic,
    cells: (topic) => [
      { text: topic, kind: "code" },
      subscribers[topic] ? count(subscribers[topic], "WebSocket") : "none; others on this host listen",
      { button: { text: "Who is present", label: `Who is present in ${topic}`, press: choose } },
    ],
  });
  await loadMembers();
}

/** Leave nothing of one who has gone. */
export function clear() {
  chosen = "";
  at("members").hidden = true;
}

async function choose(topic) {
  chosen = topic;
  await loadMembers().catch((error) => put(at("members-summary"), error.message));
  at("members").hidden = false;
  at("members-title").focus();
}

async function loadMembers() {
  if (!chosen) {
    return;
  }
  const topic = chosen;
  const { members } = await call(`../pubsub/presence?${new URLSearchParams({ topic })}`);
  if (topic !== chosen) {
    return;
  }
  put(at("members-title"), `Present in ${topic}`);
  put(at("members-summary"), members.length
    ? `${count(members.length, "member")}, on any gateway of the cluster.`
    : "Nobody has said who it is: only WebSockets with presence=true are listed.");
  fill(at("members-rows"), members, {
    key: (member) => member.member_id,
    cells: (member) => [member.member_id, moment(member.joined_at), { text: member.meta === null ? "–" : JSON.stringify(member.meta), kind: "code" }],
  });
}
