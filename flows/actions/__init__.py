"""What a flow can do beyond speaking; one file per action."""
