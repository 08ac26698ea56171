"""`make demo-channels`: SMS, WhatsApp, Telegram and the leads' group on one page, nothing outside. Ctrl-C stops."""

import argparse
import os
import sys

from bot import process
from tests.demo_channels.demo import demo


def main() -> int:
    """Starts everything, says where, and waits to be stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo_channels", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="where the page listens")
    port = parser.parse_args().port
    price = os.environ.get("ALLERVERS_SMS_PRICE")
    wait_for_the_end = process.stopping()
    print("Preparing the service, a Telegram and a Twilio of ours (the first time, a minute or two)…", flush=True)
    try:
        with demo(port, float(price) if price else None) as running:
            for login, password in running.world.service.accounts:
                print(f"Desk account: {login}  password: {password}")
            site = running.world.service.site
            if not price:
                print("With ALLERVERS_SMS_PRICE, euros of one segment, each SMS tells what it costs.")
            print(f"The service: {site}  the desk: {site}/desk")
            print(f"Be the resident and the lead: {running.url}  (Ctrl-C stops everything)", flush=True)
            wait_for_the_end()
    except OSError as error:
        print(f"127.0.0.1:{port}: {error.strerror}; choose another: make demo-channels PORT=8001", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
