"""Who may talk to the host's rqlite: passwords, and mutual TLS between the hosts of a cluster."""

from debros.config.schema import fields

_CLOSED = "must be readable, and not by everybody"
_TLS = "all three rqlite_tls files or none; must fit each other"

RQLITE_ACCESS = {
    "rqlite_auth_file": fields.path(
        "",
        "rqlite's users, passwords and permissions (its -auth file). Empty: whoever reaches rqlite may do everything.",
        check_with="rqlite_auth_file",
        rule=f'JSON list of users, each with "perms"; {_CLOSED}',
        used_by="rqlited",
    ),
    "rqlite_join_as": fields.text(
        "cluster",
        "User of rqlite_auth_file as which this host joins the cluster.",
        check_with="user_name",
        rule="must be in rqlite_auth_file, when there is one",
    ),
    "rqlite_credentials_file": fields.path(
        "",
        "User and password with which the node and the operator's tools ask rqlite: one line, user:password.",
        check_with="credentials_file",
        rule=f"one line user:password; {_CLOSED}",
        used_by="node",
    ),
    "rqlite_tls_cert_file": fields.path(
        "",
        "PEM certificate of this host for the Raft port. With it rqlite speaks mutual TLS to the other hosts.",
        check_with="readable_file",
        rule=_TLS,
        used_by="rqlited",
    ),
    "rqlite_tls_key_file": fields.path(
        "",
        "PEM file of its private key, without a passphrase.",
        check_with="secret_file",
        rule=f"{_TLS}; {_CLOSED}",
        used_by="rqlited",
    ),
    "rqlite_tls_ca_file": fields.path(
        "",
        "PEM certificate of the authority that has signed the certificates of all hosts.",
        check_with="readable_file",
        rule=_TLS,
        used_by="rqlited",
    ),
    "rqlite_tls_server_name": fields.text(
        "debros-raft",
        "DNS name that the certificates of all hosts carry; every connection is checked for it.",
        check_with="dns_name",
        rule="must be a DNS name in the certificate",
    ),
}
