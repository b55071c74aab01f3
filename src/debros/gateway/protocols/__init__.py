"""What uvicorn's protocols lack for an open network: time limits, size limits, and our own keep-alive."""
