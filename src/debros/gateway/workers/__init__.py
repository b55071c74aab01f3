"""One gateway of several processes: a parent with the sockets, and workers that serve on them.

A worker is to the database, to the node and to the other workers what a gateway is to another one, so what two gateways
agree about through rqlite and libp2p, two workers do as well. This package holds the rest: what a gateway must count
or say as one. docs/architecture.md has the picture.

With `workers: 1` nothing here runs: the process is the gateway.
"""
