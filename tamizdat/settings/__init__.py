"""Settings, from the environment alone.

``TAMIZDAT_HOME`` names the newsroom's folder; ``tamizdat init`` writes ``newsroom.env`` there, and
every command reads it before this module is imported. A wrong value is a system check with a hint
(see ``tamizdat.checks``). The door that a process serves is ``TAMIZDAT_DOOR``:

* ``newsroom`` and ``backroom`` see everything (``settings.newsroom``);
* ``desk`` sees the people's database and nothing else (``settings.desk``);
* ``sender`` sees that and how mails go out (``settings.sender``).

What holds behind every door stands in ``settings.common``.
"""

from tamizdat.settings.common import *  # noqa: F403 - a settings module is made of its names
from tamizdat.settings.common import DOOR

if DOOR == "desk":
    from tamizdat.settings.desk import *  # noqa: F403 - likewise
elif DOOR == "sender":
    from tamizdat.settings.sender import *  # noqa: F403 - likewise
else:
    from tamizdat.settings.newsroom import *  # noqa: F403 - likewise
