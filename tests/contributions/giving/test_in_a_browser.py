"""Every page of giving in a real browser: axe and the console find nothing."""

from __future__ import annotations

import re

import pytest

from tamizdat.contributions.giving import months, views
from tamizdat.contributions.giving.models import OtherWay, Ruling
from tamizdat.contributions.money.models import Contribution
from tests.browser import needs_chromium
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.conftest import ANNA, Giver
from tests.contributions.giving.test_reminders import stop_of
from tests.desk.looking import complaints_about


def pages(giver: Giver, shop: Shop, prefix: str) -> dict[str, str]:
    """Return every page, as full as it can be, on the ways that people take through them."""
    path, later = f"{prefix}/give/", f"{prefix}/give/remind/"
    today = views.today()
    texts = {"en": "A reason.", "ru": "Причина.", "fa": "دلیل."}
    Ruling.objects.create(country="GE", verdict="refuse", since=today, texts=texts)
    Ruling.objects.create(country="AM", verdict="warn", since=today, method="card", texts=texts)
    OtherWay.objects.create(
        country="GE", lawful_on=today, until=today, texts=texts, url="https://example.org/"
    )
    form = giver.form(path, returns="yes")
    many = {"rhythm": "x", "other": "1,000", "address": "a", "note": "n" * 300}
    found = {
        "question": giver.get(path),
        "unanswered": giver.post({"lives": "DE"}, path),
        "refused": giver.form(path, lives="RU"),
        "instead": giver.form(path, lives="GE"),
        "form": giver.form(path),
        "warned": giver.form(path, lives="AM"),
        "wrong": giver.send(form, path, **many),
        "step": giver.post({**form.fields(), "understood": "1"}, path),
        "onward": giver.send(giver.form(path), path, rhythm="monthly"),
    }
    row = Contribution.objects.order_by("-pk")[0]
    back = f"{prefix}{views.path_of_thanks(row)}"
    found["unknown"] = giver.get(back)
    shop.choose(found["onward"].onward, "approve")
    shop.deliver()
    found["paid"] = giver.get(back)
    Contribution.objects.update(state="lapsed")
    row.payments.update(state="failed")
    found["failed"] = giver.get(back)
    found["forged"] = giver.get(f"{prefix}/give/thanks/x/")
    month = months.written(months.choices(today)[0])
    when = giver.form(later)
    found |= {
        "when": when,
        "slip": giver.send(when, later, month=month, address="anna"),
        "past": giver.send(when, later, month="2020-01", address=ANNA),
        "reminded": giver.send(giver.form(later), later, month=month, address=ANNA),
    }
    stop = stop_of(found["reminded"])
    found["stop"] = giver.get(stop)
    found["stopped"] = giver.post({"do": "stop"}, stop)
    return {name: page.html for name, page in found.items()}


@needs_chromium
@both
@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_axe_and_the_console_find_nothing_on_any_page(
    giver: Giver, shop: Shop, language: str
) -> None:
    prefix = "" if language == "en" else f"/{language}"
    # The page that goes on by itself is looked at where it stands.
    html = {
        name: re.sub(r'<meta http-equiv="refresh"[^>]*>', "", text).encode()
        for name, text in pages(giver, shop, prefix).items()
    }
    assert complaints_about(html) == []
