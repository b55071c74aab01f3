"""A whole cluster on this machine, for development: `make up`, `make down`, `make status`, `make logs`."""
