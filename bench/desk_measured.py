"""gunicorn's settings for a desk that is measured: as it is served, with easy work and no limits.

Only for the timing of known and unknown addresses: thousands of posts a minute would be refused.
"""

from __future__ import annotations

from typing import Any

from tamizdat.serving import desk_door
from tamizdat.serving.desk_door import *  # noqa: F403 - a settings module is made of its names


def when_ready(server: Any) -> None:
    from tamizdat.desk import admission, work
    from tamizdat.desk.limits import Limit, Limits

    work.ROUNDS = (1,) * 5
    limits = (admission.ME, admission.SUBSCRIBE, admission.PLAIN)
    lifted = (Limit(each.name, 1e9, 1e9) for each in limits)
    admission.LIMITS.__dict__.update(Limits(*lifted).__dict__)
    desk_door.when_ready(server)
