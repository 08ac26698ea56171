"""What the conversation does: a pure engine and its content."""
