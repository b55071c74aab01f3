// One thing at a time is under way; what a wallet or the gateway answers after somebody has gone on to something else is
// not listened to any more.

import { forgive, tell } from "./view.js";

/**
 * Return `doing` and `stop`.
 *
 * `waiting` is called with whether something is under way, `failed` with an error and a function that tells whether
 * anybody still wants to know.
 */
export function turns({ waiting, failed }) {
  let turn = 0;

  /** Do something, with the buttons off meanwhile; what goes wrong is explained. */
  async function doing(what, work) {
    const mine = ++turn;
    const still = () => mine === turn;
    forgive();
    tell(what);
    waiting(true);
    try {
      await work(still);
    } catch (error) {
      if (still()) {
        await failed(error, still);
      }
    } finally {
      if (still()) {
        waiting(false);
      }
    }
  }

  /** Listen to nothing that is under way any more. */
  function stop() {
    ++turn;
    waiting(false);
    tell("");
  }

  return { doing, stop };
}
