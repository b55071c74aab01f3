"""What every command-line program of ours shares: one form of errors and exit codes, one way of writing data.

Nothing is imported here, so that `--help` of a program loads only click.
"""
