"""The description of the gateway's HTTP API, OpenAPI 3.1, made from the routes themselves."""
