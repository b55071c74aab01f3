"""DeBros Network: distributed SQL, key-value storage and pub/sub that nobody has to rent."""
