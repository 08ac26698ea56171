"""Posters: what they say, how they are drawn, and what they brought."""
