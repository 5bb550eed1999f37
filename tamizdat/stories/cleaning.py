"""Cleaning the newsroom's file after names were taken out of it.

A changed row leaves its old bytes behind: SQLite overwrites what it frees (``secure_delete``), but
not the copies that it left when it moved rows between pages, nor the frames of its journal. So
the whole file is written anew and the journal emptied. PostgreSQL keeps old rows until it
vacuums, and its own journal and backups longer; that is the operator's to know (decision 0007).
"""

from __future__ import annotations

import logging
from pathlib import Path

from django.apps import apps
from django.db import OperationalError, connection

from tamizdat.stories.models import Protected

logger = logging.getLogger(__name__)

# Writing a file of this size anew takes two or three seconds, in which nobody else can save.
QUICK = 256 * 1024 * 1024


def is_wanted() -> bool:
    """Say whether names that were taken out may still be found in the file's unused bytes."""
    return Protected.objects.filter(is_clean=False).exists()


def clean_soon() -> None:
    """Clean now where that is quick; else leave it to the back room (``clean``)."""
    if connection.vendor == "sqlite" and _size() > QUICK:
        return
    clean()


def clean() -> bool:
    """Write the database anew where that is wanted; say whether it is clean now.

    Not within a transaction. A database that is busy is left for the next time.
    """
    wanted = list(Protected.objects.filter(is_clean=False).values_list("pk", flat=True))
    if not wanted:
        return True
    try:
        is_clean = _clean_sqlite() if connection.vendor == "sqlite" else _clean_postgresql()
    except OperationalError as error:
        logger.warning("The newsroom's database has still to be cleaned: %s", error)
        return False
    if is_clean:
        Protected.objects.filter(pk__in=wanted).update(is_clean=True)
    return is_clean


def _size() -> int:
    name = str(connection.settings_dict["NAME"])
    return Path(name).stat().st_size if Path(name).exists() else 0


def _clean_sqlite() -> bool:
    with connection.cursor() as cursor:
        if _size() > QUICK:  # VACUUM's copy would not fit into memory; it holds no name any more
            cursor.execute("PRAGMA temp_store=FILE")
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        is_busy, _, _ = cursor.fetchone()
    return not is_busy


def _clean_postgresql() -> bool:
    from tamizdat.stories.protection import TABLES

    with connection.cursor() as cursor:
        for table in TABLES:
            name = connection.ops.quote_name(apps.get_model(table.model)._meta.db_table)
            cursor.execute(f"VACUUM FULL {name}")
    return True
