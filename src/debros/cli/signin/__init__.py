"""Signing a wallet in to a gateway: with a key file, in the browser of this machine, or with a code on another device.

storing   signing in and keeping the session, or ending it
methods   which of the three, and what all have in common
keyfile   a challenge signed here          → POST /v1/auth/verify
browser   a page, and an answer on loopback → POST /v1/auth/exchange
device    a code, and asking until it is approved → POST /v1/auth/device/token
"""
