# Before any other import of libp2p: it silences what importing libp2p warns of.
import debros.p2p.workarounds  # noqa: F401
