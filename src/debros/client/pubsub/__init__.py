"""Topics of the namespace: subscriptions that survive a gateway, and say when they may have missed something."""
