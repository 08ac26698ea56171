"""The assistant's runtime: a message comes in, a turn is taken, replies go out."""
