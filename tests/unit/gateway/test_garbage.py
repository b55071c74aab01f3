import subprocess
import sys


def test_what_was_loaded_is_set_aside_and_cycles_are_still_found() -> None:
    code = """
import gc, weakref
from debros.gateway.garbage import settle
settle()
class Node: pass
node = Node()
node.itself, gone = node, weakref.ref(node)
del node
made = [[] for _ in range(100_000)]
print(gc.get_freeze_count() > 1000, gc.isenabled(), gone() is None)
"""
    # In a process of its own: the collector is the whole process'.
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 3
