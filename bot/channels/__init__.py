"""How messages arrive and leave: one small contract for every channel."""
