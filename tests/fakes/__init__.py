"""Stand-ins for the outside, on real sockets."""
