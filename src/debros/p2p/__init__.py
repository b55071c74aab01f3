"""Messages between hosts: libp2p in the node process, and a Unix socket for everyone else.

`protocol`, `recent` and `client` need neither trio nor libp2p: the gateway imports only those.
`host`, `pubsub`, `topics`, `bootstrap`, `network` and `server` run under trio in the daemon.
"""
