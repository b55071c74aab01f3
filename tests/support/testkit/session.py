"""Python code of a document, run as a session of `python -m asyncio`: `session.py DOCUMENT PORT`, blocks by blocks.

Prints what each block prints, and behind it a line with a form feed.
"""

import ast
import asyncio
import inspect
import re
import sys
from pathlib import Path
from typing import Any

END = "\f"


def blocks(markdown: str) -> list[tuple[str, str]]:
    """Return each block of Python with what stands behind it as its output, nothing where there is nothing."""
    found = re.findall(r"^```python\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", markdown, flags=re.MULTILINE | re.DOTALL)
    return [(code, output) for code, output in found]


async def run(markdown: str, port: int) -> None:
    """Run a document's blocks in one namespace; the gateway listens on `port` in place of 6001."""
    names: dict[str, Any] = {}
    for number, (code, _) in enumerate(blocks(markdown), 1):
        text = code.replace("localhost:6001", f"localhost:{port}")
        compiled = compile(text, f"block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        done = eval(compiled, names)
        if inspect.isawaitable(done):
            await done
        print(END, flush=True)  # noqa: T201 - this is what the test reads


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]).read_text(), int(sys.argv[2])))
