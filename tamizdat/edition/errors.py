"""What can be wrong with an edition, by what the caller can do about it.

* EditionError
  + BadPath        a name that no edition may hold (``paths``)
  + Altered        these are not the bytes that were signed: ask another mirror
    - Malformed    they cannot even be read
    - TooLong      there are more of them than anybody may send
  + Missing        the file is not there: ask another mirror
  + RolledBack     older than what was seen before: ask another mirror, keep what you have
  + Forked         two different files bear one number: keep what you have, tell the newsroom
  + Expired        signed too long ago: ask another mirror; show it under a plain line
  + Stray          nobody signed that this be here: take it away
  + Unsettled      nobody can tell, as new editions came all the while: check again later, or a copy

A message names the file, what was expected and what was found.
"""

from __future__ import annotations

from tamizdat.edition.paths import BadPath, EditionError

__all__ = [
    "Altered",
    "BadPath",
    "EditionError",
    "Expired",
    "Forked",
    "Malformed",
    "Missing",
    "RolledBack",
    "Stray",
    "TooLong",
    "Unsettled",
    "printable",
]


class Altered(EditionError):
    """These are not the bytes that were signed; another mirror may have them."""


class Malformed(Altered):
    """Bytes that cannot be read as what they should be."""


class TooLong(Altered):
    """More bytes than the file may have; the rest was not read."""


class Missing(EditionError):
    """A file that is named and is not there; another mirror may have it."""


class RolledBack(EditionError):
    """Older than what was seen before; keep that."""


class Forked(EditionError):
    """Two different files bear one number; the newsroom or its keys are in trouble."""


class Expired(EditionError):
    """Signed too long ago; another mirror may have a newer one."""


class Stray(EditionError):
    """A file that nobody signed; readers must not meet it."""


class Unsettled(EditionError):
    """New editions arrived faster than one could be checked; nothing is proved or disproved."""


def printable(text: str) -> str:
    """Return a stranger's words as they may be written to a terminal, which would obey others."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
