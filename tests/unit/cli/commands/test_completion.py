import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell, run) -> None:
    done = run("completion", shell)
    assert done.exit_code == 0
    assert "_NETWORK_CLI_COMPLETE" in done.stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("network-cli st", {"status", "storage"}),
        ("network-cli storage g", {"get"}),
        ("network-cli query --le", {"--level"}),
    ],
)
def test_what_the_script_asks_is_answered(words, found, run) -> None:
    env = {"_NETWORK_CLI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = run(env=env)
    assert {line.partition(",")[2] for line in done.stdout.split()} == found
