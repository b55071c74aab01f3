"""`debros-node`: reads the configuration, takes the lock, and runs the node until it is told to stop."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from debros.config import ConfigError, NodeConfig, flags, load_node, notices
from debros.systemd import Notifier, startup_failure


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the node; exit 0 after SIGTERM or SIGINT, 2 on wrong usage, 1 when it cannot start or breaks.

    In a unit of systemd a configuration that is wrong by itself is 78.
    """
    options = _parser().parse_args(arguments)
    try:
        config = load_node(options.config, flags=flags.given(options, "node"), program="node")
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the contract's text, before there is a log
        sys.exit(startup_failure(lasting=error.lasting))
    sys.exit(_run(config, options.config))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="debros-node",
        description="DeBros Network node: peer-to-peer messages between hosts, and an eye on rqlite.",
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file (node.yaml or bootstrap.yaml)")
    flags.add_arguments(parser, "node")
    return parser


def _run(config: NodeConfig, path: Path | None) -> int:
    from debros import logs  # noqa: PLC0415 - after the configuration: --help and its errors need none of this

    try:
        logs.configure(config.logging, service="debros-node")  # before libp2p, which logs through the root logger
    except OSError as error:
        print(f"logging.output_file: {config.logging.output_file}: {error.strerror}", file=sys.stderr)  # noqa: T201 - no log
        return 1
    log = logs.get(__name__)
    for notice in notices(config, path):
        log.warning(notice)

    notifier = Notifier.take()  # before anything that might start a child

    import trio  # noqa: PLC0415 - see above

    from debros import identity  # noqa: PLC0415 - see above
    from debros.node.lock import DataDirError, data_dir_lock  # noqa: PLC0415 - see above
    from debros.p2p import workarounds  # noqa: PLC0415 - see above

    try:
        with data_dir_lock(config.node.data_dir):
            key = identity.load_or_create(config.node.key_file)
            workarounds.apply_all()

            from debros.node.service import Service  # noqa: PLC0415 - after the workarounds

            trio.run(Service(config, key, notifier).run)
    except (DataDirError, identity.IdentityError, workarounds.UnsupportedLibp2pError, ConfigError) as error:
        log.critical("cannot start", reason=str(error))
        return 1
    except Exception as error:
        causes = list(_leaves(error))
        expected = all(_is_expected(cause) for cause in causes)
        for cause in causes:
            log.critical("node failed", reason=str(cause) or repr(cause), exc_info=None if expected else cause)
        return 1
    log.info("stopped")
    return 0


def _is_expected(error: BaseException) -> bool:
    from debros.p2p.addresses import ListenError  # noqa: PLC0415 - see _run
    from debros.p2p.unix import SocketInUseError  # noqa: PLC0415 - see _run

    return isinstance(error, ListenError | SocketInUseError | OSError)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The single errors of trio's nested groups."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


if __name__ == "__main__":
    main()
