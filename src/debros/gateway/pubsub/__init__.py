"""Topics: fan-out among the sockets of this gateway, and through the node to those of the others."""
