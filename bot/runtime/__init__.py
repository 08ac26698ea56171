"""One turn: where understanding and flows meet, in one transaction."""
