"""libp2p without fastecdsa, the one package of ours that would have to be compiled on every machine.

Defect: libp2p 0.8.1 imports fastecdsa (no wheels; needs gcc, Python's headers and GMP) at its first import, on every
system but Windows, for P-256 keys of its secio transport. secio is off here and our keys are Ed25519, so nothing of it
is ever called. Modules of that name which refuse every use take its place unless the real package is installed.
"""

import importlib.util
import sys
from types import ModuleType
from typing import Final, NoReturn

_MODULES: Final = ("fastecdsa", "fastecdsa.curve", "fastecdsa.keys", "fastecdsa.point", "fastecdsa.encoding")
_LEAVES: Final = ("fastecdsa.encoding.sec1", "fastecdsa.encoding.util")
# What libp2p names of them (libp2p/crypto/ecc.py and key_exchange.py).
_NAMES: Final = {
    "fastecdsa.curve": ("Curve", "P256"),
    "fastecdsa.keys": ("gen_private_key", "get_public_key"),
    "fastecdsa.point": ("Point",),
    "fastecdsa.encoding.sec1": ("SEC1Encoder",),
    "fastecdsa.encoding.util": ("int_bytelen",),
}


class _Absent:
    """Stands for a thing of fastecdsa; may be named, not used."""

    def __getattr__(self, name: str) -> NoReturn:
        raise NotImplementedError(f"P-256 keys are not supported: fastecdsa is not installed ({name})")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise NotImplementedError("P-256 keys are not supported: fastecdsa is not installed")


def install() -> None:
    """Make `import libp2p` work without fastecdsa; does nothing where the package, real or not, is there already."""
    if "fastecdsa" in sys.modules or importlib.util.find_spec("fastecdsa") is not None:
        return
    for name in (*_MODULES, *_LEAVES):
        module = ModuleType(name, "Stands for a part of fastecdsa, which is not installed.")
        for attribute in _NAMES.get(name, ()):
            setattr(module, attribute, _Absent())
        if name not in _LEAVES:
            module.__path__ = []
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
