/** A topic over a WebSocket. */

import { on, once } from "node:events";

import { WebSocket } from "ws";

import { must, type Gateway } from "./gateway.js";
import type { operations } from "./generated/gateway.js";

type SocketQuery = operations["get_pubsub_ws"]["parameters"]["query"];

const TIMEOUT = 30_000; // milliseconds until the socket is open

export interface Subscription {
  /** The messages from the moment of `subscribe` on, until the socket is closed by either side. */
  readonly messages: AsyncIterable<Buffer>;
  /** Publish to the topic; the sender hears itself. */
  send(message: string | Uint8Array): void;
  close(): void;
}

/**
 * Listen to a topic.
 *
 * A ticket takes the place of the key, good once and for seconds, because an address ends up in logs. A browser,
 * whose WebSocket can send no header, does the same.
 *
 * @throws GatewayError without a ticket, Error when the socket is refused or breaks
 */
export async function subscribe(gateway: Gateway, url: string, topic: string): Promise<Subscription> {
  const { ticket } = must(await gateway.POST("/v1/auth/ws-ticket"));
  const query = { topic, envelope: "raw", ticket } satisfies SocketQuery;
  const address = new URL(`/v1/pubsub/ws?${new URLSearchParams(query)}`, url);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, { handshakeTimeout: TIMEOUT });
  // From here on, not from `open` on: a message may come together with the answer to the upgrade.
  const events = on(socket, "message", { close: ["close"] });
  await once(socket, "open");
  return {
    messages: payloads(events),
    send: (message) => socket.send(message),
    close: () => socket.close(),
  };
}

async function* payloads(events: AsyncIterable<unknown[]>): AsyncGenerator<Buffer> {
  for await (const [payload] of events) {
    yield payload as Buffer; // what ws gives unless `binaryType` says otherwise
  }
}
