"""The sign-in page as it is served: to whom, under which rules, and what stands in its place."""

from debros.gateway.pages import files, sign_in
from testkit.login import Program

PATH = "/v1/auth/login"
NOBODY = {"X-API-Key": ""}
ASKS = Program().asks | {"code_challenge_method": "S256"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", **NOBODY}


def guarded(answer) -> None:
    assert answer.headers["content-security-policy"] == files.POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_everybody_gets_the_page(gateway) -> None:
    for asks in ({}, ASKS, ASKS | {"namespace": "shop"}, {"device": "1"}, {"user_code": "WDJB-MJHT"}, {"unknown": "x"}):
        answer = await gateway.http.get(PATH, params=asks, headers=NOBODY)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), asks
        guarded(answer)
        assert answer.text == sign_in.file("page.html")  # nothing of the address is in it


async def test_everybody_gets_its_files_and_no_others(gateway) -> None:
    for name in sign_in.FILES:
        answer = await gateway.http.get(f"{PATH}/files/{name}", headers=NOBODY)
        assert answer.status_code == 200, name
        assert answer.headers["content-type"] == f"{files.media_type(name)}; charset=utf-8"
        guarded(answer)
    for name in ("", "page.html", "refused.html", "..%2fsign_in.py", "%2e%2e/sign_in.py", "x.js", "page.js/"):
        answer = await gateway.http.get(f"{PATH}/files/{name}", headers=NOBODY)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), name


def without(name):
    return {one: value for one, value in ASKS.items() if one != name}


WRONG = [
    (ASKS | {"callback": "https://evil.example/"}, "invalid_callback"),
    (ASKS | {"callback": ""}, "invalid_callback"),
    (without("callback"), "invalid_callback"),
    (without("state"), "invalid_state"),
    (without("code_challenge"), "invalid_code_challenge"),
    (without("code_challenge_method"), "invalid_code_challenge"),
    (ASKS | {"code_challenge_method": "plain"}, "invalid_code_challenge"),
    (ASKS | {"callback": [ASKS["callback"], "https://evil.example/"]}, "invalid_parameter"),
    (ASKS | {"namespace": "<script>"}, "invalid_namespace"),
]


async def test_an_address_that_no_sign_in_can_begin_with(gateway) -> None:
    for asks, code in WRONG:
        told = await gateway.http.get(PATH, params=asks, headers=NOBODY)
        assert (told.status_code, told.json()["code"]) == (400, code), asks
        shown = await gateway.http.get(PATH, params=asks, headers=BROWSER)
        assert (shown.status_code, shown.headers["content-type"]) == (400, "text/html; charset=utf-8")
        guarded(shown)
        assert f"Code: {code}" in shown.text
        assert "<script" not in shown.text
        assert "evil.example" not in shown.text
    # What a browser is shown in words counts as a problem all the same.
    figure = gateway.services.metrics.registry.get_sample_value
    assert figure("debros_gateway_problems_total", {"code": "invalid_state", "reason": ""}) == 2
