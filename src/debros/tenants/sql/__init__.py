"""A tenant's SQL: what may run, how it runs, and what the schema looks like."""
