"""Backups of the whole database: what is in one, taking it, keeping it, putting it back."""
