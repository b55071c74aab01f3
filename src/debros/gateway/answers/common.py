"""Answers that several groups of routes share."""

from typing import Literal, TypedDict


class Done(TypedDict):
    """It is done."""

    status: Literal["ok"]
