// When the database was backed up, as the hosts have told.

import { at } from "../../v1/auth/login/files/view.js";
import { call } from "./account.js";
import { fill, tiles } from "./dom.js";
import { ago, duration, moment, size } from "./units.js";

const LATE = 1.5; // intervals; as in `debros-host check`
const TOO_LATE = 2;

/** Ask for them, and show them. */
export async function load() {
  const { backups } = await call("../network/backups");
  tiles({ "backups-newest": newest(backups[0]) });
  fill(at("backups-rows"), backups, {
    key: ({ host }) => host,
    cells: ({ host, created_at: created, age, bytes, interval }) => [
      host, moment(created), ago(age), size(bytes), interval ? `every ${duration(interval)}` : "turned off",
    ],
  });
}

function newest(backup) {
  if (!backup) {
    return { text: "No backup known.", state: "warn" };
  }
  const { age, host, interval } = backup;
  const text = `The newest is of ${host}, ${ago(age)}.`;
  if (!interval) {
    return { text: `${text} Backups are turned off there.`, state: "warn" };
  }
  if (age < interval * LATE) {
    return { text, state: "good" };
  }
  return { text: `${text} One is due every ${duration(interval)}.`, state: age < interval * TOO_LATE ? "warn" : "bad" };
}
