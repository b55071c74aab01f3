"""A wallet in a page: it announces itself as real ones do, and its signatures are real, made here."""

from typing import Any

from testkit.browser import Page
from testkit.wallets import Ethereum

# A red square; nothing is loaded for it.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
    "%3Crect width='8' height='8' rx='2' fill='%23c0392b'/%3E%3C/svg%3E"
)
# The page's end. What it is asked waits in a list until the test looks, so that nothing has to be let through the
# page's own policy.
_SCRIPT = """
(() => {
  const waiting = new Map();
  const asked = [];
  let last = 0;
  const provider = {
    request: ({ method, params }) => new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      asked.push({ id: last, method, params: params ?? [] });
    }),
  };
  (window.__wallets ??= {})[%(uuid)r] = {
    take: () => asked.splice(0),
    answer: (id, result) => waiting.get(id).resolve(result),
    refuse: (id, code, message) => waiting.get(id).reject(Object.assign(new Error(message), { code })),
  };
  if (%(announced)s) {
    const info = { uuid: %(uuid)r, name: %(name)r, icon: %(icon)r, rdns: %(rdns)r };
    const detail = Object.freeze({ info, provider });
    const tell = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
    window.addEventListener("eip6963:requestProvider", tell);
    tell();
  } else {
    window.ethereum = provider;
  }
})();
"""


class Injected:
    """The test's end of a wallet.

    Attributes:
        account: Who signs.
        shown: The account it gives to pages, as it is written.
        chain: Number of its network.
        refusals: By method: (code, message), for the next time it is asked.
        silent: Methods it leaves without an answer.
        signed: Every text it was asked to sign.
    """

    def __init__(
        self, page: Page, account: Ethereum, name: str = "Test Wallet", *, announced: bool = True, icon: str = ICON
    ) -> None:
        self._page = page
        self.account, self.name = account, name
        self.chain = 1
        self.refusals: dict[str, tuple[int, str]] = {}
        self.silent: set[str] = set()
        self.signed: list[str] = []
        self.asked: list[str] = []
        self._uuid = f"uuid-{name}"
        self._rdns = f"example.{name.lower().replace(' ', '-')}"
        page.inject(
            _SCRIPT
            % {
                "uuid": self._uuid,
                "name": name,
                "icon": icon,
                "rdns": self._rdns,
                "announced": "true" if announced else "false",
            }
        )
        before = page.pump
        page.pump = lambda: (before(), self.pump())

    def pump(self) -> None:
        """Answer what the page has asked."""
        for asked in self._page.run("return window.__wallets?.[arguments[0]]?.take() ?? []", self._uuid):
            method = asked["method"]
            self.asked.append(method)
            if method in self.silent:
                continue
            if method in self.refusals:
                self._tell("refuse", asked["id"], *self.refusals.pop(method))
                continue
            self._tell("answer", asked["id"], self._result(method, asked["params"]))

    def _tell(self, what: str, *args: Any) -> None:
        self._page.run(
            "const [uuid, what, ...rest] = arguments; window.__wallets[uuid][what](...rest)", self._uuid, what, *args
        )

    def _result(self, method: str, params: list[Any]) -> Any:
        match method:
            case "eth_requestAccounts" | "eth_accounts":
                return [self.account.address]
            case "eth_chainId":
                return hex(self.chain)
            case "personal_sign":
                text, account = params
                assert account.lower() == self.account.address
                self.signed.append(bytes.fromhex(text.removeprefix("0x")).decode())
                return self.account.sign(self.signed[-1])
        raise AssertionError(f"the page asks a wallet for {method}")
