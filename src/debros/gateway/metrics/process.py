"""What prometheus_client tells of the process, also where /proc/stat cannot be seen.

prometheus_client 0.26 takes the time of the boot from /proc/stat, and without it shows nothing at all. Our unit hides
that file (ProcSubset=pid, systemd.exec(5)).
"""

import time

from prometheus_client import ProcessCollector


class ProcessFigures(ProcessCollector):
    """CPU, memory, descriptors and start of this process, under Prometheus' usual names."""

    def _boot_time(self) -> float:
        # CLOCK_BOOTTIME counts from the boot, sleep included (clock_gettime(2)): what btime is made of as well.
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
