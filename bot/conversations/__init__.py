"""Who writes to us, what was said, and the cases that follow."""
