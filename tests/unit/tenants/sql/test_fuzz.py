"""A short run of the fuzzer, the same every time; `make fuzz` is the long one."""

from pathlib import Path

from testkit import fuzz

MUTANTS = 3000


def test_no_mutant_escapes() -> None:
    found = fuzz.run(fuzz.seeds(Path(__file__).parent / "corpus"), mutants=MUTANTS, seed=20)
    assert found.escapes == []
    assert found.crashes == []
    assert found.differences == []
    assert found.counts["mutants"] == MUTANTS
    assert found.counts["accepted"] > MUTANTS // 100, "a fuzzer of which nothing is accepted tests nothing"
