/**
 * What the compiler refuses, so that nobody finds it out at run time.
 *
 * Nothing here runs. Each mark says that the next line has an error; tsc fails where it has none, that is,
 * where the description of the API has become poorer.
 */

import { must, type Gateway } from "./gateway.js";

export async function refused(gateway: Gateway): Promise<void> {
  // @ts-expect-error - no such path
  await gateway.GET("/v1/rqlite/rows");

  // @ts-expect-error - a path with another method
  await gateway.GET("/v1/rqlite/exec");

  // @ts-expect-error - a body that has to be there
  await gateway.POST("/v1/rqlite/exec");

  // @ts-expect-error - a member that has to be there
  await gateway.POST("/v1/rqlite/exec", { body: { args: [1] } });

  // @ts-expect-error - a value that JSON has and SQLite does not
  await gateway.POST("/v1/rqlite/exec", { body: { sql: "SELECT ?", args: [{}] } });

  // @ts-expect-error - a level that is none
  await gateway.POST("/v1/rqlite/query", { body: { sql: "SELECT 1", level: "eventual" } });

  // @ts-expect-error - a parameter that is none
  await gateway.GET("/v1/storage/list", { params: { query: { start: "a" } } });

  // @ts-expect-error - a parameter of the path that has to be there
  await gateway.DELETE("/v1/auth/api-keys/{id}");

  const query = await gateway.POST("/v1/rqlite/query", { body: { sql: "SELECT 1" } });
  // @ts-expect-error - a member that the answer does not have
  void must(query).rowcount;
  // @ts-expect-error - a member that is not always there
  void must(query).items.length;
  // @ts-expect-error - a code that this route cannot answer
  void (query.error?.code === "key_not_found");

  const got = await gateway.GET("/v1/storage/get", { params: { query: { key: "a" } }, parseAs: "arrayBuffer" });
  if (got.error?.status === 404) {
    // @ts-expect-error - the status has told the code
    void (got.error.code === "invalid_key");
  }
}
