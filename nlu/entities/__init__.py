"""Entities: one file per kind, each with a class that has `.extract(text)`."""
