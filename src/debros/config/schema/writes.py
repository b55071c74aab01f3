"""How single writes of many callers go to the database together."""

from debros.config.schema import fields

WRITES = fields.section(
    "Group commit: while four requests are on their way, single writes wait and go out together in the next one.",
    {
        "group_commit": fields.boolean(True, "Whether they do; false sends every write at once by itself."),
        "batch": fields.integer(128, "Most statements in one request to the database.", above=0),
        "batch_bytes": fields.integer(
            524_288, "Most bytes of such a request; a larger statement goes by itself.", above=0
        ),
        "waiting": fields.integer(
            8192, "Most statements of all namespaces that may wait; more are answered with 503.", above=0
        ),
        "waiting_bytes": fields.integer(134_217_728, "Most bytes of them.", above=0),
        "namespace_share": fields.integer(
            50,
            "Percent of waiting and waiting_bytes that one namespace may fill; more is answered with 429.",
            between=[1, 100],
            rule="between 1 and 100",
        ),
    },
)
