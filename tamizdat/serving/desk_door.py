"""gunicorn's settings for the desk's door, and what its processes give up before they serve.

1. The application is loaded once, in the arbiter, which then *confines* itself: it and all workers
   keep the code, the people's database and the vault's socket. It makes no connection but to the
   database, where that has a port.
2. The desk is *nice*: whoever reads has the processor first, however many forms are sent.
3. Nothing is logged of any request, and a crash leaves no core.
4. Workers end themselves soon after they handled something that was typed (``desk_worker``).
"""

from __future__ import annotations

import os
import resource
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import tamizdat
from tamizdat import scrubbing
from tamizdat.landlock import Allowed, confine

scrubbing.install()

# How the name of a database's host becomes an address; nothing of it is secret.
RESOLVING = tuple(
    "/etc/hosts /etc/host.conf /etc/resolv.conf /etc/nsswitch.conf /etc/gai.conf".split()
)
POLITENESS = 10  # nice(2)
LOADED = ("stdlib", "platstdlib", "purelib", "platlib")
SYSTEM = tuple(
    "/usr/lib /usr/local/lib /usr/share/zoneinfo /lib /lib64 "
    "/etc/ld.so.cache /etc/localtime /dev/urandom /dev/null".split()
)

worker_class = "tamizdat.serving.desk_worker.DeskWorker"
preload_app = True
workers = 3
threads = 8
worker_connections = 500
# gunicorn keeps a file of each worker here, which the arbiter looks at to see that it lives.
worker_tmp_dir = str(Path(os.environ.get("TAMIZDAT_HOME", "newsroom")) / "run" / "desk")
keepalive = 0
graceful_timeout = 11  # seconds: a request that is still coming to a worker that ends is waited for
timeout = 30
backlog = 1024
limit_request_line = 1024
limit_request_fields = 60
limit_request_field_size = 4096
accesslog = None
loglevel = "critical"
control_socket_disable = True
proc_name = "tamizdat-desk"


def on_starting(server: Any) -> None:
    """Step back behind everything else, and leave no core."""
    os.nice(POLITENESS)
    Path(worker_tmp_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def when_ready(server: Any) -> None:
    """Load what the first request would load, then give up the rest of the machine."""
    from django.conf import settings

    _load_all(server.app.wsgi())
    confine(allowed(Path(settings.HOME), settings.DATABASES["people"]))


def post_request(worker: Any, request: Any, environ: dict[str, Any], response: Any) -> None:
    if request.method not in ("GET", "HEAD") or request.query:
        worker.note()


def allowed(home: Path, people: dict[str, Any]) -> Allowed:
    """Name all that the desk's processes may touch."""
    python = [Path(sysconfig.get_path(name)) for name in LOADED]
    source = Path(tamizdat.__file__).parent
    is_file = "sqlite" in people["ENGINE"]
    more = [] if is_file else _for_a_server(people)
    return Allowed(
        read=(*_below(home, [*python, source, *map(Path, SYSTEM)]), *more),
        keep=(home / "run" / "desk", *([Path(people["NAME"]).parent] if is_file else [])),
        # The vault's socket needs no leave: Landlock does not govern Unix sockets with a name.
        write=(Path("/dev/null"),),
        connect=() if is_file else (int(people.get("PORT") or 5432),),
    )


def _for_a_server(people: dict[str, Any]) -> list[Path]:
    """Name what leads to a database's server, and the certificates that its settings name."""
    options = people.get("OPTIONS") or {}
    named = [options[key] for key in ("sslrootcert", "sslcert", "sslkey") if options.get(key)]
    return [Path(each).resolve() for each in (*RESOLVING, *named) if Path(each).exists()]


def _below(home: Path, paths: list[Path]) -> Iterator[Path]:
    """Leave out whatever holds the newsroom's own folder."""
    for path in dict.fromkeys(each.resolve() for each in paths if each.exists()):
        if path != home and path not in home.parents:
            yield path


def _load_all(application: Any) -> None:
    """Import what is imported late, and set the form once in each language."""
    import email_validator  # noqa: F401 - for addresses that are not plain
    from django.conf import settings
    from django.db import connections

    from tamizdat.contributions.supporters.receipts import drawing
    from tamizdat.newsletters.inbox.hooks.providers import load

    for provider in settings.HOOKS:
        load(provider)
    drawing.warm_up()
    connections["people"]  # its driver; nothing is connected before the first question
    for code, _ in settings.LANGUAGES:
        prefix = "" if code == settings.LANGUAGE_CODE else f"/{code}"
        environ = {"PATH_INFO": f"{prefix}/me/", "HTTP_HOST": settings.ALLOWED_HOSTS[0]}
        setup_testing_defaults(environ)
        application(environ, lambda *_: None)
