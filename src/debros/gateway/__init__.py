"""The public HTTP and WebSocket API. Routes know services, services know stores; no data lives here."""
