"""The namespace's tables: statements and their values there, rows back."""
