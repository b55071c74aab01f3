// Shows the wallets of this browser as they announce themselves, or what to do where there is none.

import { choose } from "./signing.js";
import { at, listWallets, press, tell } from "./view.js";
import { findWallets } from "./wallets.js";

const A_MOMENT = 800; // milliseconds in which wallets announce themselves

/** Begin to show them; the one that is pressed is asked for its account. */
export function offerWallets(steps) {
  const nothingFound = () => { at("no-wallet").hidden = at("wallets").children.length > 0; };
  const look = findWallets((wallets) => {
    listWallets(wallets, (wallet) => choose(wallet, steps));
    at("no-wallet").hidden ||= wallets.length > 0;
  });
  setTimeout(nothingFound, A_MOMENT);
  press("look-again", () => {
    look();
    nothingFound();
    tell(at("no-wallet").hidden ? "" : "Still no wallet.");
  });
}
