// What refreshes by itself: each feed has its own pace, goes slower while it fails, and rests while nobody looks.

const TICK = 500; // milliseconds between two looks at who is due
const SLOWEST = 60_000; // milliseconds between two attempts at most

/**
 * Keep feeds going: {name, period, load}, periods in milliseconds.
 *
 * `told` is called after each attempt, and twice a second, with {updated, paused, failing}: when something came last
 * (milliseconds since 1970, 0: never), whether somebody has stopped it, and by name what failed:
 * {error, since, next}.
 */
export function feeds(list, told) {
  const states = list.map((feed) => ({ feed, next: 0, failures: 0, failing: null, running: false }));
  let on = false;
  let paused = false;
  let updated = 0;
  let turn = 0;

  const tell = () => told({
    updated, paused,
    failing: Object.fromEntries(states.filter((one) => one.failing).map((one) => [one.feed.name, one.failing])),
  });

  async function attempt(state) {
    const mine = turn;
    state.running = true;
    let error = null;
    try {
      await state.feed.load();
    } catch (thrown) {
      error = thrown;
    }
    state.running = false;
    if (mine !== turn) {
      return; // it was for somebody who has left
    }
    const now = Date.now();
    if (error) {
      state.failures += 1;
      state.next = now + wait(state, error);
      state.failing = { error, since: state.failing?.since ?? now, next: state.next };
    } else {
      Object.assign(state, { failures: 0, failing: null, next: now + state.feed.period });
      updated = now;
    }
    tell();
  }

  function look() {
    if (!on) {
      return;
    }
    if (!paused && !document.hidden) {
      const now = Date.now();
      states.filter((one) => !one.running && one.next <= now).forEach(attempt);
    }
    tell();
  }

  setInterval(look, TICK);
  document.addEventListener("visibilitychange", look);
  return {
    /** Begin, from nothing. */
    start() {
      turn += 1;
      on = true;
      updated = 0;
      states.forEach((one) => Object.assign(one, { next: 0, failures: 0, failing: null, running: false }));
      look();
    },
    stop() {
      turn += 1;
      on = false;
    },
    pause(stopped) {
      paused = stopped;
      look();
    },
    /** Ask now: all of them, or one by name. */
    async now(name) {
      await Promise.all(states.filter((one) => !one.running && (!name || one.feed.name === name)).map(attempt));
    },
  };
}

function wait({ feed, failures }, error) {
  return Math.max(error.retryAfter * 1000 || 0, Math.min(SLOWEST, feed.period * 2 ** Math.min(failures, 6)));
}
