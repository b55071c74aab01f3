/** Sign in, SQL, storage, errors and pub/sub: one of each, and what came of it. */

import { randomUUID } from "node:crypto";

import { connect, must, type Gateway } from "./gateway.js";
import { subscribe } from "./pubsub.js";
import { key, URL_OF_GATEWAY } from "./settings.js";

const say = console.log;

async function whoami(gateway: Gateway): Promise<void> {
  const { namespace, method } = must(await gateway.GET("/v1/auth/whoami"));
  say(`signed in: ${namespace} by ${method}`);
}

async function sql(gateway: Gateway): Promise<void> {
  const schema = "CREATE TABLE example_people (id INTEGER PRIMARY KEY, name TEXT)";
  must(await gateway.POST("/v1/rqlite/create-table", { body: { schema } }));
  try {
    const insert = {
      params: { header: { "Idempotency-Key": randomUUID() } },
      body: { sql: "INSERT INTO example_people VALUES (?, ?), (?, ?)", args: ["9007199254740993", "Ann", 7, "Ben"] },
    };
    const { rows_affected } = must(await gateway.POST("/v1/rqlite/exec", insert));
    must(await gateway.POST("/v1/rqlite/exec", insert)); // its key makes the repeat harmless
    say(`rows written: ${rows_affected}`);
    const { items } = must(
      await gateway.POST("/v1/rqlite/query", {
        // A number of JavaScript has 53 bits, an INTEGER 64: larger ones come as text.
        params: { query: { bigint: "string", shape: "items" } },
        body: { sql: "SELECT id, name FROM example_people ORDER BY name", level: "strong" },
      }),
    );
    for (const row of items ?? []) {
      say(`row: ${JSON.stringify(row)}`);
    }
    const { error } = await gateway.POST("/v1/rqlite/query", { body: { sql: "DELETE FROM example_people" } });
    say(`a write is no read: ${error?.status} ${error?.code}`);
  } finally {
    must(await gateway.POST("/v1/rqlite/drop-table", { body: { table: "example_people" } }));
  }
}

async function storage(gateway: Gateway): Promise<void> {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const query = { key: "example/bytes" };
  const { size } = must(
    await gateway.POST("/v1/storage/put", {
      params: { query },
      headers: { "Content-Type": "application/octet-stream" },
      body: bytes,
      bodySerializer: () => bytes, // as it is, not as JSON
    }),
  );
  try {
    const answer = await gateway.GET("/v1/storage/get", { params: { query }, parseAs: "arrayBuffer" });
    const same = Buffer.from(must(answer)).equals(bytes);
    say(`stored: ${size} bytes of ${answer.response.headers.get("Content-Type")}, the same: ${same}`);
  } finally {
    must(await gateway.POST("/v1/storage/delete", { params: { query } }));
  }
  const { error } = await gateway.GET("/v1/storage/get", { params: { query }, parseAs: "arrayBuffer" });
  switch (error?.code) {
    case "key_not_found": // of the codes that this route has; another text would not compile
      say(`gone: ${error.status} ${error.title}`);
      break;
    default:
      throw new Error(`not gone: ${error?.code}`);
  }
}

async function pubsub(gateway: Gateway): Promise<void> {
  const topic = "example/typescript";
  const subscription = await subscribe(gateway, URL_OF_GATEWAY, topic);
  try {
    const data_base64 = Buffer.of(0, 255, 10).toString("base64");
    must(await gateway.POST("/v1/pubsub/publish", { body: { topic, data_base64 } }));
    let heard = 0;
    for await (const message of subscription.messages) {
      heard += 1;
      if (heard === 1) {
        say(`published over HTTP: ${message.toString("hex")}`);
        subscription.send("hello");
      } else {
        say(`sent over the socket: ${message.toString()}`);
        break;
      }
    }
    if (heard < 2) {
      throw new Error("the gateway has closed the socket; subscribe again");
    }
  } finally {
    subscription.close();
  }
}

async function stranger(): Promise<void> {
  try {
    await whoami(connect(URL_OF_GATEWAY, "ak_nobody"));
  } catch (error) {
    say(`a stranger: ${error}`);
  }
}

async function main(): Promise<void> {
  const gateway = connect(URL_OF_GATEWAY, await key());
  await whoami(gateway);
  await sql(gateway);
  await storage(gateway);
  await pubsub(gateway);
  await stranger();
}

main().catch((error: Error) => {
  console.error(`${error}${error.cause ? ` (${error.cause})` : ""}`); // of a failed fetch the cause says why
  process.exitCode = 1;
});
