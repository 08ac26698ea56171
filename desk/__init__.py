"""The leads' web desk, behind its own door."""
