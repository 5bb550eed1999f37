"""After a restore of a backup from before: nothing is told twice, and no old link works.

What was noted and not yet written in a letter when the backup was made has most likely been written
since. A letter too few can be asked for in the portal, which shows all that letters tell; one too
many frightens ("a payment did not go through").
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tamizdat.contributions.money.models import Notice
from tamizdat.contributions.supporters.letters import KINDS
from tamizdat.contributions.supporters.models import Knock, Session, WayIn
from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter


def forget_what_waited(now: datetime) -> None:
    """Forget what was half done when the backup was made."""
    with transaction.atomic(using=PEOPLE):
        for model in (Knock, WayIn, Session):
            model._default_manager.all().delete()
        Notice.objects.filter(is_taken=False).update(is_taken=True)
        Letter.objects.filter(kind__in=KINDS, state=Letter.State.READY).delete()
