"""What belongs to one namespace: its names, its SQL and its key-value pairs. Knows rqlite, knows no HTTP."""
