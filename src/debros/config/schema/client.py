"""client.yaml: what `network-cli` does when nobody says otherwise on the command line."""

from debros.config.schema import fields

CLIENT_FIELDS = {
    "gateway": fields.text(
        "",
        "Gateway to talk to. Empty: the current one of the credentials file, else http://localhost:6001.",
        check_with="gateway_address",
        rule="`http(s)://host[:port]`, when given; not together with bootstrap or production",
        env="DEBROS_GATEWAY_URL",
        flag="--gateway",
    ),
    "bootstrap": fields.text(
        "",
        "Talk to the gateway on the host of this bootstrap peer; its port is the peer's plus 2000 (4001 → 6001).",
        check_with="peer_of_gateway",
        rule="multiaddr with `/tcp`, when given; not together with gateway or production",
        env="DEBROS_BOOTSTRAP",
        flag="--bootstrap",
    ),
    "production": fields.boolean(
        False,
        "Talk to the gateway installed on this host under /opt/debros.",
        rule="not together with gateway or bootstrap",
        env="DEBROS_PRODUCTION",
        flag="--production",
    ),
    "api_key_file": fields.path(
        "",
        "File (mode 0600) with the API key to use instead of the stored credentials.",
        env="DEBROS_API_KEY_FILE",
        flag="--api-key-file",
    ),
    "credentials_file": fields.path(
        "", "Where credentials are stored. Empty: ~/.debros/credentials.json.", env="DEBROS_CREDENTIALS_FILE"
    ),
    "key_file": fields.path(
        "",
        "File (mode 0600) with the key of an Ethereum wallet, 64 hex digits, which signs in when a command needs it.",
        env="DEBROS_WALLET_KEY_FILE",
        flag="--key-file",
    ),
    "namespace": fields.text(
        "",
        "Namespace to sign in to, and whose stored credential is used. Empty: the one in use, or the gateway's own.",
        check_with="namespace_or_none",
        rule="`[a-z0-9][a-z0-9_-]{0,62}`, when given",
        env="DEBROS_NAMESPACE",
        flag="--namespace",
    ),
    "format": fields.text(
        "table",
        "Form of data on stdout and of errors on stderr.",
        allowed=["table", "json"],
        env="DEBROS_FORMAT",
        flag="--format",
    ),
    "timeout": fields.duration(
        "30s", "Longest wait for one answer of the gateway.", above=0, env="DEBROS_TIMEOUT", flag="--timeout"
    ),
    "no_input": fields.boolean(
        False, "Never wait for a person; fail instead.", env="DEBROS_NO_INPUT", flag="--no-input"
    ),
    "quiet": fields.boolean(False, "Nothing on stderr but errors.", env="DEBROS_QUIET", flag="--quiet"),
    "verbose": fields.boolean(False, "Show requests on stderr.", env="DEBROS_VERBOSE", flag="--verbose"),
}
