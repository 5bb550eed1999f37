"""Where providers that move money report at the desk: ``/hooks/PROVIDER/``.

Rules:

1. POST alone, without a ticket and without a cookie: the signature is what counts, and the till
   checks it, on the body as it came. The desk holds no secret of a provider.
2. What bears no header that could sign it is 400 at once; so is what the till finds forged or old.
   What was heard, or was known, is 200. After anything else the provider is to send it again (503).
3. AT_ONCE messages are in hand at a time; who comes beyond that is told so at once and comes again.
   So a flood of forged messages takes neither the desk nor the till away from supporters.
4. Nothing is said to who asks, and nothing of a message is written down anywhere.
"""

from __future__ import annotations

import threading
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from tamizdat.contributions.money.client import TillClient, signing
from tamizdat.contributions.money.errors import BadWebhook, MoneyError, ProviderOff
from tamizdat.contributions.money.webhooks import LONGEST

HEARD = ("sandbox", "stripe", "paypal", "btcpay")  # those that send messages
AT_ONCE = 4
LATER = "60"  # seconds
_PLACES = threading.BoundedSemaphore(AT_ONCE)


@csrf_exempt  # a provider has no form of ours: its signature says who it is
def hook(request: HttpRequest, provider: str) -> HttpResponse:
    """Hand a message on to the till, and answer as that says."""
    if request.method != "POST":
        return HttpResponse(status=405)
    headers = signing(dict(request.headers.items()))
    if not headers:
        return HttpResponse(status=400)
    if not _PLACES.acquire(blocking=False):
        return _later()
    try:
        return _handed_on(request, provider, headers)
    finally:
        _PLACES.release()


def _handed_on(request: HttpRequest, provider: str, headers: dict[str, str]) -> HttpResponse:
    body = request.body
    if len(body) > LONGEST:
        return HttpResponse(status=413)
    try:
        TillClient(Path(settings.TILL_SOCKET)).hear(provider, body, headers)
    except BadWebhook:
        return HttpResponse(status=400)
    except ProviderOff:  # it is not set up here; a kill switch does not keep messages out
        return HttpResponse(status=404)
    except MoneyError:
        return _later()
    return HttpResponse()


def _later() -> HttpResponse:
    answer = HttpResponse(status=503)
    answer["Retry-After"] = LATER
    return answer
