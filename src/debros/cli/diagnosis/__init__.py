"""What can keep `network-cli` from working, one file for each place where it can be; no check changes a gateway."""
