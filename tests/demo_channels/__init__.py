"""`make demo-channels`: the service between a Telegram and a Twilio of ours, and a page on which to be everybody."""
