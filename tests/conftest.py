"""What holds for every test."""

import debros.p2p  # noqa: F401 - makes `import libp2p` work, which some test files do first of all
