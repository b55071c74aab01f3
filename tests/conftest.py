"""What holds for every test."""

from hypothesis import HealthCheck, settings

import debros.p2p  # noqa: F401 - makes `import libp2p` work, which some test files do first of all

# By itself hypothesis fails examples that take 200 ms, or are slow to make. That tells of the machine only.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
