#!/usr/bin/env python3
"""Writes openapi/gateway.yaml from the routes of the gateway."""

from pathlib import Path

from debros.gateway.openapi.rendered import Rendered
from debros.gateway.routes import all_routes

FILE = Path(__file__).resolve().parents[1] / "openapi" / "gateway.yaml"

if __name__ == "__main__":
    FILE.write_text(Rendered(all_routes()).yaml(), encoding="utf-8")
