"""What tests on real hosts share: the bed, SSH, the inventory, the gateway as a client sees it, the playbook."""
