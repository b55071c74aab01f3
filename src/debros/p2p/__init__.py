"""Messages between hosts: libp2p in the node process, and a Unix socket for everyone else.

`protocol`, `recent` and `client` need neither trio nor libp2p: the gateway imports only those.
`host`, `pubsub`, `topics`, `bootstrap`, `network` and `server` run under trio in the daemon.
"""

from debros.p2p import ecdsa_stub

ecdsa_stub.install()  # before anything imports libp2p
