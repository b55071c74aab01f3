"""The door: what a member serves while an invite of its own is open, and nothing else of that member.

It runs as a user of its own (systemd/debros-enrol.service) and ends by itself when no invite is left.
"""
