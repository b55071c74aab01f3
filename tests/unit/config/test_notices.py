from debros.config import load_gateway, notices, validate_file, validate_text


def written(tmp_path, text, mode):
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_changed_shard_count_is_worth_one_word():
    report = validate_text("node", "node: {type: bootstrap}\ndatabase: {shard_count: 8}", environ={})
    assert report.notices == (
        "database.shard_count has no effect: rqlite replicates the whole database and does not shard",
    )
    assert validate_text("node", "node: {type: bootstrap}", environ={}).notices == ()


def test_a_gateway_open_to_all_is_worth_a_word():
    assert "require_auth is false" in validate_text("gateway", "require_auth: false", environ={}).notices[0]


def test_a_file_with_keys_that_others_can_read(tmp_path):
    file = written(tmp_path, "api_keys: ['k:ns']", 0o640)
    (notice,) = validate_file("gateway", file, environ={}).notices
    assert notice == f"{file} holds API keys and can be read by others; run: chmod 600 {file}"


def test_a_file_with_keys_that_only_its_owner_can_read(tmp_path):
    assert validate_file("gateway", written(tmp_path, "api_keys: ['k:ns']", 0o600), environ={}).notices == ()


def test_keys_from_the_environment_do_not_make_the_file_secret(tmp_path):
    file = written(tmp_path, "listen_addr: ':1'", 0o644)
    config = load_gateway(file, environ={"GATEWAY_API_KEYS": "k:ns"})
    assert notices(config, file) == []
