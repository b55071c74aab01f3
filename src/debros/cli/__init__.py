"""`network-cli`: the command line of DeBros Network, one file per command group.

Nothing is imported here, so that `network-cli --help` loads only click.
"""
