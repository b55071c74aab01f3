"""The document as one page: plain HTML with a style of its own, no script, nothing loaded from elsewhere."""

import base64
import hashlib
import re
from collections.abc import Iterable
from html import escape
from typing import Any

from debros.gateway.openapi.tables import members, type_of

STYLE = """
:root { color-scheme: light dark; --line: #8886; --faint: #8881; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: auto; padding: 0 1rem 4rem; }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
nav ul { columns: 22rem; padding-left: 1.2rem; }
article { border: 1px solid var(--line); border-radius: .4rem; padding: 0 1rem 1rem; margin: 1rem 0; }
h3 { margin: .8rem 0 .2rem; } h4 { margin: .8rem 0 .2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem .25rem 0; text-align: left; vertical-align: top; }
:target { background: var(--faint); }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; }
"""
# Nothing may be loaded or run; the one style is known by its hash.
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)
_CODE = re.compile(r"`([^`]+)`")


def page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    info = document["info"]
    groups = [(tag, list(_operations(document, tag["name"]))) for tag in document["tags"]]
    schemas, responses = document["components"]["schemas"], document["components"]["responses"]
    schemes = document["components"]["securitySchemes"].values()
    title = escape(info["title"])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: API reference</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the operations</a>
<header>
<h1>{title}</h1>
<p>Version {escape(info["version"])}. The same for programs: <a href="openapi.json">openapi.json</a>, OpenAPI 3.1.</p>
{_paragraphs(info["description"])}
</header>
<nav aria-label="Operations">
{"".join(_index(tag["name"], found) for tag, found in groups)}
</nav>
<main id="main">
<section aria-labelledby="credentials">
<h2 id="credentials">Credentials</h2>
<ul>{"".join(f"<li>{_text(one['description'])}</li>" for one in schemes)}</ul>
</section>
{"".join(_group(tag, found, responses) for tag, found in groups)}
<section aria-labelledby="schemas">
<h2 id="schemas">Schemas</h2>
{"".join(_schema(name, schema) for name, schema in schemas.items())}
</section>
</main>
</body>
</html>
"""


def _operations(document: dict[str, Any], tag: str) -> Iterable[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["tags"] == [tag]:
                yield f"{method.upper()} {path}", operation


def _index(name: str, operations: list[tuple[str, dict[str, Any]]]) -> str:
    entries = "".join(
        f'<li><a href="#{escape(operation["operationId"])}"><code>{escape(what)}</code></a></li>'
        for what, operation in operations
    )
    return f"<p>{escape(name)}</p>\n<ul>{entries}</ul>\n"


def _group(tag: dict[str, str], operations: list[tuple[str, dict[str, Any]]], shared: dict[str, Any]) -> str:
    anchor = f"group-{'-'.join(re.findall('[a-z]+', tag['name'].lower()))}"
    shown = "".join(_operation(what, operation, shared) for what, operation in operations)
    return (
        f'<section aria-labelledby="{anchor}">\n<h2 id="{anchor}">{escape(tag["name"])}</h2>\n'
        f"<p>{_text(tag['description'])}</p>\n{shown}</section>\n"
    )


def _operation(what: str, operation: dict[str, Any], shared: dict[str, Any]) -> str:
    identity = escape(operation["operationId"])
    open_to_all = operation["security"] == [] or {} in operation["security"]
    parts = [
        f'<article id="{identity}" aria-labelledby="{identity}-title">',
        f'<h3 id="{identity}-title"><code>{escape(what)}</code></h3>',
        f"<p>{_text(operation['summary'])}</p>",
        _paragraphs(operation.get("description", "")),
        f"<p>{_needs(operation, open_to_all=open_to_all)}</p>",
    ]
    if operation.get("parameters"):
        rows = [
            (
                f"<code>{escape(one['name'])}</code>",
                escape(one["in"]) + (", required" if one["required"] else ""),
                type_of(one["schema"]),
                _text(one["description"]),
            )
            for one in operation["parameters"]
        ]
        parts.append("<h4>Parameters</h4>" + _table(("name", "in", "type", "meaning"), rows))
    if "requestBody" in operation:
        parts.append(f"<h4>Body</h4><p>{_content(operation['requestBody']['content'])}</p>")
    answers = [
        (f"<code>{status}</code>", _text(answer["description"]), _content(answer.get("content", {})))
        for status, answer in _answers(operation, shared)
    ]
    parts.append("<h4>Answers</h4>" + _table(("status", "meaning", "content"), answers))
    socket = operation.get("x-websocket")
    if socket:
        parts.append(f"<h4>Frames</h4><p>{_text(socket['receive'])}</p><p>{_text(socket['send'])}</p>")
        closed = [(f"<code>{code}</code>", _text(why)) for code, why in socket["close"].items()]
        parts.append("<h4>Closed with</h4>" + _table(("code", "meaning"), closed))
    return "\n".join([*filter(None, parts), "</article>\n"])


def _answers(operation: dict[str, Any], shared: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        yield status, shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer


def _needs(operation: dict[str, Any], *, open_to_all: bool) -> str:
    if not open_to_all:
        return 'Needs a <a href="#credentials">credential</a>.'
    return "Open to everybody." if operation["security"] == [] else "A credential is possible, not necessary."


def _content(content: dict[str, Any]) -> str:
    shown = []
    for media_type, what in content.items():
        schema = what.get("schema")
        described = "bytes" if schema is None else "a problem" if "allOf" in schema else type_of(schema)
        shown.append(f"<code>{escape(media_type)}</code>: {described}")
    return "; or ".join(shown)


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = [(f"<code>{escape(member)}</code>", *more) for member, *more in members(schema)]
    shown = _table(("member", "type", ""), rows) if rows else f"<p>{type_of(schema)}</p>"
    about = f"<p>{_text(schema['description'])}</p>" if "description" in schema else ""
    anchor = f"schema-{escape(name)}"
    return f'<article id="{anchor}"><h3><code>{escape(name)}</code></h3>{about}{shown}</article>\n'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(part)}</p>" for part in text.split("\n\n") if part)


def _text(text: str) -> str:
    """Return text with its `code` marked up."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
