"""Somebody approves, or denies, a device that shows a code."""

import httpx

from testkit.injected import Injected
from testkit.wallets import Ethereum


def ask(gateway, path, **body):
    return httpx.post(f"{gateway.url}/v1/auth/device{path}", json=body, timeout=60)


async def test_a_device_is_approved_by_the_code_that_is_typed(gateway, page, browse, name) -> None:
    account = Ethereum()
    wallet = Injected(page, account)
    page.expect("404 (Not Found)")

    def approve():
        codes = ask(gateway, "", namespace=name, client_name="<b>backup</b> on host-7").json()
        page.size(375, 667)
        page.get(codes["verification_uri"])
        page.photograph("device-1-code")
        page.at("code").send_keys("bcdf ghjk")
        page.press("Continue")
        page.says("No device waits with this code")
        assert (page.focused(), page.at("code").get_attribute("aria-invalid")) == ("code", "true")
        page.photograph("device-2-wrong")
        page.at("code").clear()
        page.at("code").send_keys(codes["user_code"].lower().replace("-", ""), "\n")
        page.says("<b>backup</b> on host-7")
        page.says("127.0.0.1")
        page.says(codes["user_code"])
        assert page.focused() == "device-title"
        page.photograph("device-3-device")
        page.press("Yes, continue")
        page.says(f"Namespace: {name}")
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        page.says("Your device is signed in")
        page.photograph("device-4-done")
        return ask(gateway, "/token", device_code=codes["device_code"])

    answer = await browse(approve)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["subject"], answer.json()["namespace"]) == (account.address, name)
    assert len(wallet.signed) == 1


async def test_the_code_in_the_address_is_taken_out_of_it(gateway, page, browse, name) -> None:
    account = Ethereum()
    Injected(page, account)

    def approve():
        codes = ask(gateway, "").json()
        page.get(codes["verification_uri_complete"])
        page.says("Is this your device?")
        assert page.run("return location.href") == codes["verification_uri"]
        page.press("Yes, continue")
        page.at("namespace").send_keys(name)
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        page.says("Your device is signed in")
        return ask(gateway, "/token", device_code=codes["device_code"])

    answer = await browse(approve)
    assert (answer.json()["subject"], answer.json()["namespace"]) == (account.address, name)


async def test_a_device_is_denied(gateway, page, browse) -> None:
    def deny():
        codes = ask(gateway, "").json()
        page.get(codes["verification_uri_complete"])
        page.says("Is this your device?")
        page.press("Deny")
        page.says("The device has been told no.")
        return ask(gateway, "/token", device_code=codes["device_code"])

    assert (await browse(deny)).json()["code"] == "access_denied"


async def test_somebody_guesses_codes(gateway, page, browse) -> None:
    page.expect("429 (Too Many Requests)")
    gateway.services.auth.device_logins._wrong._clock = lambda: 0.0

    def guess():
        answers = [ask(gateway, "/lookup", user_code="BCDF-GHJK").status_code for _ in range(11)]
        assert answers == [404] * 10 + [429]
        page.get(f"{gateway.url}/v1/auth/login?user_code=BCDF-GHJK")
        page.says("Too many attempts from this address")
        page.says("Wait 10 seconds")

    await browse(guess)
