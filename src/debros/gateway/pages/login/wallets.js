// The wallets of this browser: those that announce themselves (EIP-6963), and the older one at window.ethereum.

const ICON = /^data:image\/(?:png|svg\+xml|webp|jpeg|gif)[;,]/;
const LONGEST_NAME = 60;

/** Call `changed` with the list of wallets now, and whenever another one is found. */
export function findWallets(changed) {
  const found = new Map();
  const tell = () => changed([...found.values(), ...older([...found.values()])]);
  window.addEventListener("eip6963:announceProvider", ({ detail }) => {
    const { info, provider } = detail ?? {};
    if (info?.uuid && typeof provider?.request === "function") {
      found.set(String(info.uuid), {
        name: String(info.name || info.rdns || "A wallet without a name").slice(0, LONGEST_NAME),
        from: String(info.rdns || "").slice(0, LONGEST_NAME),
        icon: ICON.test(info.icon) ? info.icon : "", // an icon from elsewhere would tell somebody who signs in here
        provider,
      });
      tell();
    }
  });
  window.addEventListener("ethereum#initialized", tell);
  const look = () => {
    window.dispatchEvent(new Event("eip6963:requestProvider"));
    tell();
  };
  look();
  return look;
}

// Wallets of the older kind share one place, and whoever is the last to write there is the one that is seen.
function older(announced) {
  const known = new Set(announced.map((wallet) => wallet.provider));
  const there = window.ethereum ? window.ethereum.providers ?? [window.ethereum] : [];
  return [...there]
    .filter((provider) => typeof provider?.request === "function" && !known.has(provider))
    .map((provider) => ({
      name: provider.isMetaMask ? "MetaMask or similar" : "The wallet in this browser",
      from: "older kind, without a name of its own",
      icon: "",
      provider,
    }));
}

/** What a wallet says no with (EIP-1193, EIP-1474), or does not do. */
export class WalletError extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

/** Ask a wallet for its account and the number of its network. */
export async function connect(provider) {
  const accounts = await ask(provider, "eth_requestAccounts");
  return { account: first(accounts), chain: await chainOf(provider) };
}

/** Return account and network as they are now, without asking anybody. */
export async function current(provider) {
  return { account: first(await ask(provider, "eth_accounts")), chain: await chainOf(provider) };
}

/** Have a text signed; return the signature. */
export async function sign(provider, text, account) {
  const bytes = new TextEncoder().encode(text);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const signature = await ask(provider, "personal_sign", [`0x${hex}`, account]);
  if (typeof signature !== "string") {
    throw new WalletError("no_signature", "the wallet answered something else than a signature");
  }
  return signature;
}

function first(accounts) {
  const account = Array.isArray(accounts) ? accounts[0] : undefined;
  if (typeof account !== "string") {
    throw new WalletError("no_account", "the wallet shows no account to this page");
  }
  return account;
}

async function chainOf(provider) {
  const chain = Number(await ask(provider, "eth_chainId"));
  if (!Number.isSafeInteger(chain) || chain < 1) {
    throw new WalletError("no_network", "the wallet does not say on which network it is");
  }
  return chain;
}

async function ask(provider, method, params) {
  try {
    return await provider.request(params ? { method, params } : { method });
  } catch (error) {
    throw new WalletError(error?.code ?? "unknown", String(error?.message ?? error));
  }
}
