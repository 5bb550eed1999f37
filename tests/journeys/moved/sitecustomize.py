"""Found by every Python that a journey starts: moves its clock by so many seconds.

``TESTS_CLOCK_AHEAD`` says by how many. The clock runs on from there; monotonic clocks stay.
"""

import os
from datetime import UTC, datetime, timedelta

AHEAD = os.environ.get("TESTS_CLOCK_AHEAD")
if AHEAD:
    import time_machine

    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(AHEAD)), tick=True).start()
