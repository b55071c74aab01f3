import re

import pytest

from debros.gateway.auth import user_codes


def test_codes_spell_no_words_and_are_read_back() -> None:
    codes = {user_codes.new() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", code)
        assert user_codes.read(code) == code


@pytest.mark.parametrize("typed", ["wdjb-mjht", "WDJBMJHT", " wdjb mjht ", "W-D-J-B-M-J-H-T", "wdjb\tmjht\n"])
def test_how_people_type_them(typed: str) -> None:
    assert user_codes.read(typed) == "WDJB-MJHT"


@pytest.mark.parametrize("typed", ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB_MJHT", "ẆDJBMJHT", "B" * 1000])
def test_what_is_none(typed: str) -> None:
    assert user_codes.read(typed) is None
