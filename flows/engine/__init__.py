"""The pure flow engine: no clock, no network, no database."""
