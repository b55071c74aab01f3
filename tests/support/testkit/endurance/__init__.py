"""What nodes have to bear for long: peers that come and go, messages without end, peers that mean no good."""
