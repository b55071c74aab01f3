"""The gateway's bounds on what one caller may send or ask for."""

from debros.config.schema import fields

LIMITS = fields.section(
    "Bounds on what one caller may send or ask for. Sizes are bytes.",
    {
        "max_body_bytes": fields.integer(2_097_152, "Longest JSON body.", above=0),
        "max_value_bytes": fields.integer(4_194_304, "Longest value in storage.", above=0),
        "max_message_bytes": fields.integer(1_048_576, "Longest pub/sub message.", above=0),
        "max_rows": fields.integer(10_000, "Most rows in one answer.", above=0),
        "max_response_bytes": fields.integer(16_777_216, "Longest answer of the database.", above=0),
        "max_sql_bytes": fields.integer(100_000, "Longest SQL statement.", above=0),
        "max_statements": fields.integer(1000, "Most statements in one transaction.", above=0),
        "max_key_bytes": fields.integer(1024, "Longest key in storage.", above=0),
        "max_topic_bytes": fields.integer(256, "Longest topic name.", above=0),
        "read_timeout": fields.duration("10s", "Time a read of the database may take.", above=0),
        "write_timeout": fields.duration("15s", "Time a write to the database may take.", above=0),
        "header_timeout": fields.duration("10s", "Time a client has to send the request header.", above=0),
        "idle_timeout": fields.duration("75s", "Time a connection may stay open without a request.", above=0),
        "max_connections": fields.integer(4096, "Connections open at once.", above=0),
        "max_sockets": fields.integer(4096, "WebSockets open at once.", above=0),
    },
)
