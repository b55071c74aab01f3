"""The sections that node and gateway share: TLS and logging."""

from debros.config.schema import fields

# Set to 1, it replaces the defaults (and only those) by ones that keep a developer's machine to itself.
DEV_LOCAL_ENV = "NETWORK_DEV_LOCAL"

LOGGING = fields.section(
    "What is logged, how, and where to.",
    {
        "level": fields.text(
            "info",
            "The least important level that is logged.",
            allowed=["debug", "info", "warn", "error"],
            env="LOG_LEVEL",
        ),
        "format": fields.text(
            "console",
            "console is for people (coloured on a terminal; fields of the journal under systemd), json for machines.",
            allowed=["json", "console"],
        ),
        "output_file": fields.path(
            "",
            "File to append to; empty for standard output or the journal.",
            check_with="writable_file",
            rule="must be writable",
        ),
    },
)


def security(enable_tls: str) -> fields.Field:
    """The section for TLS; ``enable_tls`` is what the program whose file it is does with it."""
    return fields.section(
        "TLS on externally exposed services.",
        {
            "enable_tls": fields.boolean(False, enable_tls),
            "private_key_file": fields.path(
                "",
                "PEM file of the private key, without a passphrase.",
                rule="required with enable_tls; must be readable and belong to the certificate",
            ),
            "certificate_file": fields.path(
                "",
                "PEM file of the certificate, its chain after it.",
                rule="required with enable_tls; must be readable and belong to the key",
            ),
        },
    )
