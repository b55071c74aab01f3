"""`network-cli pubsub`: messages by topic."""

from __future__ import annotations

import base64
import itertools
import re
from contextlib import closing
from typing import TYPE_CHECKING

import click

from debros.cli import inputs
from debros.cli.options import Group
from debros.terminal import output
from debros.terminal.durations import DurationType

if TYPE_CHECKING:
    from debros.cli.settings import Settings
    from debros.cli.subscription import Message

_LINE_ENDS = re.compile(r"[\r\n]")


@click.group(
    "pubsub",
    cls=Group,
    examples=["network-cli pubsub subscribe news 1m", 'network-cli pubsub publish news "it works"'],
)
def command() -> None:
    """Publish and receive messages."""


@command.command(
    "publish",
    examples=['network-cli pubsub publish news "it works"', "network-cli pubsub publish news - < message.json"],
)
@click.argument("topic")
@click.argument("message")
@click.pass_obj
def publish(settings: Settings, topic: str, message: str) -> None:
    """Send one message to every subscriber of a topic.

    MESSAGE is the message, or - to read it from stdin, to its end.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    data = inputs.from_argument(settings, message, "the message")
    body = {"topic": topic, "data_base64": base64.b64encode(data).decode("ascii")}
    with Gateway(settings) as gateway:
        answer = gateway.post("/v1/pubsub/publish", body=body).json()
    if settings.format == "json":
        output.document(answer)
    else:
        output.say(settings, f"Published {len(data)} bytes to {topic}")


@command.command(
    "subscribe",
    examples=[
        "network-cli pubsub subscribe news",
        "network-cli pubsub subscribe news 10s --format json",
        "network-cli pubsub subscribe jobs --count 1",
    ],
)
@click.argument("topic")
@click.argument("duration", type=DurationType(), required=False)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Stop after N messages.")
@click.pass_obj
def subscribe(settings: Settings, topic: str, duration: float | None, count: int | None) -> None:
    r"""Print the messages of a topic, one a line, for DURATION (10s, 1m …) or until Ctrl-C.

    Says "subscribed" on stderr once messages can arrive. When the connection breaks it is made again, with a notice
    that messages may have been missed. Exit code 5 if it is broken at the end.

    Line ends in a message are shown as \n and \r. With --format json each line is {"topic", "data", "timestamp"} with
    the exact text ("data_base64" for what is not UTF-8); timestamps are milliseconds since 1970.
    """
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client
    from debros.cli.subscription import messages  # noqa: PLC0415 - the help page must not load a WebSocket client

    with Gateway(settings) as gateway, closing(messages(settings, gateway.access, topic, duration)) as found:
        for message in itertools.islice(found, count):
            if settings.format == "json":
                output.json_line(message.as_json())
            else:
                output.line(_one_line(message))


def _one_line(message: Message) -> str:
    text = message.data.decode(errors="backslashreplace")
    return _LINE_ENDS.sub(lambda match: {"\n": "\\n", "\r": "\\r"}[match[0]], text)


@command.command("topics", examples=["network-cli pubsub topics"])
@click.pass_obj
def topics(settings: Settings) -> None:
    """List the topics of the namespace that somebody on the gateway's host listens to, one a line."""
    from debros.cli.http import Gateway  # noqa: PLC0415 - the help page must not load an HTTP client

    with Gateway(settings) as gateway:
        answer = gateway.get("/v1/pubsub/topics").json()
    if settings.format == "json":
        output.document(answer)
        return
    for topic in answer.get("topics") or []:
        output.line(output.escaped(str(topic)))
