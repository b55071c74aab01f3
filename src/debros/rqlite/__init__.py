"""The distributed SQLite underneath everything: finding, starting, reaching and migrating rqlite.

Importing this package costs nothing; its modules are imported by name, so that a command-line tool that only needs an
error class does not load an HTTP client.
"""
