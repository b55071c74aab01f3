"""What several test folders share; found through pytest's `pythonpath`."""
