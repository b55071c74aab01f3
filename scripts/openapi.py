#!/usr/bin/env python3
"""Writes what is made from the routes of the gateway: openapi/gateway.yaml, docs/errors.md, docs/limits.md."""

from pathlib import Path

from debros.gateway.openapi.errorpage import errors
from debros.gateway.openapi.limitpage import limits
from debros.gateway.openapi.rendered import Rendered
from debros.gateway.routes import all_routes

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    (ROOT / "openapi" / "gateway.yaml").write_text(Rendered(all_routes()).yaml(), encoding="utf-8")
    (ROOT / "docs" / "errors.md").write_text(errors(all_routes()), encoding="utf-8")
    (ROOT / "docs" / "limits.md").write_text(limits(), encoding="utf-8")
