"""Publishing one message and knowing when the node has it."""

from debros.gateway.pubsub.hub import Hub
from debros.gateway.pubsub.relay import Relay


async def publish(hub: Hub, relay: Relay, wire: str, data: bytes, *, first_here: bool) -> None:
    """Fan a message out here, and return when the node has accepted it for everybody else.

    Who waits for each answer finds the messages in that order at every subscriber. Of several workers each request may
    reach another one. So there the message is fanned out only when the node has acknowledged it: what the node gave
    this worker before, such as this publisher's last message, has been fanned out by then, as it came before on the
    same connection.

    Args:
        hub: This worker's sockets.
        relay: The way to the node.
        wire: The topic's complete name.
        data: The message.
        first_here: Fan out before the node is asked: there is no other worker.

    Raises:
        RelayUnavailable: The node is away; this worker's sockets have the message.
        P2PError: The node refuses the message; this worker's sockets have it.
    """
    hub.counters.published += 1
    if first_here:
        hub.fan_out(wire, data)
        await relay.publish(wire, data)
        return
    try:
        await relay.publish(wire, data)
    finally:
        hub.fan_out(wire, data)
