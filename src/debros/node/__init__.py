"""The node process: libp2p, the Unix socket for local clients, and an eye on rqlite."""
