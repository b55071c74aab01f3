"""The gateway's bounds on what one caller may send or ask for."""

from debros.config.schema import fields

LIMITS = fields.section(
    "Bounds on what one caller may send or ask for. Sizes are bytes.",
    {
        "max_body_bytes": fields.integer(2_097_152, "Longest JSON body.", above=0),
        "max_value_bytes": fields.integer(4_194_304, "Longest value in storage.", above=0),
        "max_message_bytes": fields.integer(
            1_048_576, "Longest pub/sub message; nodes pass on no longer ones.", between=[1, 1_048_576]
        ),
        "max_rows": fields.integer(10_000, "Most rows in one answer.", above=0),
        "max_response_bytes": fields.integer(16_777_216, "Longest answer of the database.", above=0),
        "max_sql_bytes": fields.integer(100_000, "Longest SQL statement.", above=0),
        "max_statements": fields.integer(1000, "Most statements in one transaction.", above=0),
        "max_tables": fields.integer(100, "Most tables and views of one namespace.", above=0),
        "max_database_size": fields.integer(
            1_073_741_824,
            "Size of the database at which writes that let it grow are refused with 507; 0 for no limit. "
            "The same as database.max_database_size of the nodes.",
            at_least=0,
        ),
        "max_idempotency_keys": fields.integer(
            100_000, "Idempotency keys kept for one namespace at once; each ends after 24 hours.", above=0
        ),
        "max_idempotency_bytes": fields.integer(
            67_108_864, "Answers kept for the idempotency keys of one namespace at once.", above=0
        ),
        "max_key_bytes": fields.integer(1024, "Longest key in storage.", above=0),
        "max_topic_bytes": fields.integer(256, "Longest topic name.", above=0),
        "max_member_bytes": fields.integer(
            4096, "Longest `member_id` and longest `member_meta` of a socket with presence.", above=0
        ),
        "read_timeout": fields.duration("10s", "Time a read of the database may take.", above=0),
        "write_timeout": fields.duration(
            "15s", "Time a write to the database may take, and may wait for its turn before.", above=0
        ),
        "header_timeout": fields.duration("10s", "Time a client has to send the request header.", above=0),
        "idle_timeout": fields.duration("75s", "Time a connection may stay open without a request.", above=0),
        "max_connections": fields.integer(4096, "Connections open at once.", above=0),
        "max_sockets": fields.integer(4096, "WebSockets open at once.", above=0),
        "max_topics": fields.integer(
            1024,
            "Topics that WebSockets of one namespace listen to at once, and a minute longer (pubsub.topic_linger). The "
            "node follows 8,192 for all namespaces of its host.",
            above=0,
        ),
        "drain_delay": fields.duration(
            "0s",
            "At a stop, how long everything is still served while /health and /readyz answer 503 `draining`: time for "
            "a load balancer to look elsewhere.",
            rule="with drain_timeout at most 25s",
        ),
        "drain_timeout": fields.duration(
            "8s", "At a stop, how long requests under way get to finish.", above=0, rule="with drain_delay at most 25s"
        ),
    },
)
