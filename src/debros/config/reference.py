"""docs/configuration.md, written from the schema."""

from collections.abc import Iterator

from debros.config.flags import flags
from debros.config.schema import CLIENT, GATEWAY, NODE, Field, FileSchema
from debros.config.words import default_words, rule_words

_HEAD = """\
# Configuration

<!-- Written by `python -m debros.config.generate` from the schema. Change the schema, not this page. -->

A node reads `node.yaml` (or `bootstrap.yaml`, the same file with `node.type: bootstrap`), a gateway reads
`gateway.yaml`, `network-cli` reads `~/.debros/client.yaml` if there is one. `network-cli config init` writes such a
file, with every key and its help text; `network-cli config validate` checks one with the code that the programs run
when they start.

## Where values come from

Strongest first: command-line flag, environment variable, YAML file, default. A list is replaced as a whole, never
merged. An environment variable that is set but empty counts as not set; a key without a value counts as not given.

`NETWORK_DEV_LOCAL=1` replaces some defaults, and only defaults, by ones that keep a developer's machine to itself:
they are in the column "default" after "local:".

Values are checked after merging, and all problems are reported together, one line each:

```
Configuration errors (2):
  - node.type: must be one of [bootstrap node]; got "leader"
  - database.replicaton_factor: unknown key (line 12); did you mean replication_factor?
```

A problem with a value that does not come from the file ends with the name of the variable or flag it came from.

## How values are written

- Durations: `15s`, `24h`, `1h30m`, `250ms`. Only 0 needs no unit.
- Paths: `~`, `$VAR` and `${VAR}` expand, `$$` is a dollar sign; a relative path starts at the working directory.
- Hosts: a name, an IPv4 address, or an IPv6 address (in brackets where a port follows: `[2001:db8::1]:7001`).
- Truth values: `true` and `false`; in variables and flags also `1`, `0`, `yes`, `no`, `on`, `off`.
- Lists in variables and flags are separated by commas.
- YAML is read strictly: a key given twice, a tag or a file that is not UTF-8 is an error, and `yes`, `no` and
  `12:30` are text, as in YAML 1.2.
"""

_CLIENT = """\
What `network-cli` does when nobody says otherwise on its command line. The file is `~/.debros/client.yaml`, or the one
that `--config FILE` or the variable `DEBROS_CLIENT_CONFIG` names, which must then exist. `gateway`, `bootstrap` and
`production` each name a gateway: what a stronger source says about one of them replaces what weaker ones say about all.
The commands under `network-cli config` work without the file while it has problems.
"""

_TABLE_HEAD = "| key | default | rule | environment, flag | meaning |\n|---|---|---|---|---|\n"


def reference() -> str:
    """Write the page."""
    return "\n".join(
        [
            _HEAD,
            "## node.yaml and bootstrap.yaml\n",
            *_tables(NODE),
            "### Flags of the node\n",
            _flag_table("node"),
            "## gateway.yaml\n",
            *_tables(GATEWAY),
            "### Flags of the gateway\n",
            _flag_table("gateway"),
            "## client.yaml\n",
            _CLIENT,
            *_tables(CLIENT),
        ]
    )


def _tables(schema: FileSchema) -> Iterator[str]:
    top = {name: field for name, field in schema.fields.items() if field["type"] != "dict"}
    if top:
        yield _TABLE_HEAD + "".join(_row(name, field) for name, field in top.items())
    for name, field in schema.fields.items():
        if field["type"] == "dict":
            yield f"### {name}\n\n{field['meta']['help']}\n"
            yield _TABLE_HEAD + "".join(_row(f"{name}.{key}", inner) for key, inner in field["schema"].items())


def _row(key: str, field: Field) -> str:
    meta = field["meta"]
    default = f"`{default_words(field)}`"
    if "local" in meta:
        default += f" (local: `{default_words({**field, 'default': meta['local']})}`)"
    outside = ", ".join(f"`{meta[name]}`" for name in ("env", "flag") if name in meta)
    cells = [f"`{key}`", default, rule_words(field), outside, meta["help"]]
    row = " | ".join(cell.replace("|", r"\|") for cell in cells)
    return f"| {row} |\n"


def _flag_table(kind: str) -> str:
    rows = [("--config", "The YAML file."), *((flag.name, flag.help) for flag in flags(kind)), ("--help", "Show them.")]
    return "| flag | meaning |\n|---|---|\n" + "".join(f"| `{name}` | {help_} |\n" for name, help_ in rows)
