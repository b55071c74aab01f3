/** Where the example connects: the cluster of `make up`, unless the environment says otherwise. */

import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export const URL_OF_GATEWAY = process.env["DEBROS_GATEWAY_URL"] ?? "http://localhost:6001";

/**
 * Return the API key in the file that `DEBROS_API_KEY_FILE` names.
 *
 * @throws Error if others may read the file, or it cannot be read
 */
export async function key(): Promise<string> {
  const file = process.env["DEBROS_API_KEY_FILE"] ?? join(homedir(), ".debros/dev/api.key");
  if ((await stat(file)).mode & 0o077) {
    throw new Error(`${file} has a key and others may read it; chmod 600 ${file}`);
  }
  return (await readFile(file, "utf8")).trim();
}
