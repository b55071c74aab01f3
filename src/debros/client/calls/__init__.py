"""How a request gets to a gateway and its answer back: endpoints, transport, repeats, refusals."""
