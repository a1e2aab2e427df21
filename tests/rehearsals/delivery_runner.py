"""A process that delivers what is due until nothing is: `python -m tests.rehearsals.delivery_runner SMTP_URL LATER`.

`LATER` is how many seconds its machine's clock is ahead, so that a rehearsal need not wait for leases to run out.
"""

import sys
from datetime import datetime, timedelta

from clock import real_now
from flows.delivering import Round
from flows.office import office
from outreach.channels import Mail
from outreach.notices.composing import Letterhead


def main(smtp_url: str, later: float) -> None:
    here = office()
    settings = here.settings

    def machine_now() -> datetime:
        return real_now() + timedelta(seconds=later)

    letterhead = Letterhead(settings.language, settings.zone, settings.public_url)
    channel = Mail(smtp_url, "office@example.org")
    while Round(here, channel, letterhead, lambda: None, machine_now=machine_now).go():
        pass
    channel.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
