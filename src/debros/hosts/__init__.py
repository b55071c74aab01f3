"""`debros-host`: what an operator and the playbooks do as root on one host, one file per command.

Nothing is imported here, so that `debros-host --help` loads only click.
"""
