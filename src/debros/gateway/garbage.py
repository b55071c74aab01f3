"""The collector of reference cycles, set up for a process that holds much for ever and makes much for a moment.

By default it looks through the young objects after every 700 that are made and not yet freed: with 64 requests under
way all the time, and through everything the process has loaded again and again. That took a quarter of the processor
time of a write (bench/gateway_cpu.py). Objects without cycles, almost all of ours, are freed without it in any case.
"""

import gc

# Objects in the youngest generation, and how many looks at one generation before the next is looked at as well.
_THRESHOLDS = (10_000, 20, 20)


def settle() -> None:
    """Set aside what is there when the start is over, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
