"""Load on loopback: signed webhooks at a steady rate, and providers that note when replies reach them."""
