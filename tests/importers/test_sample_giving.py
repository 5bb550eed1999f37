"""The sample's year of contributions: it shows all that a year can hold, and the books balance."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tamizdat.contributions.appeals import showing
from tamizdat.contributions.appeals.deciding import Place, View
from tamizdat.contributions.appeals.fundraising import overview
from tamizdat.contributions.appeals.models import Appeal
from tamizdat.contributions.money import ledger, reconciling
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.models import Contribution, Dispute, Finding, Payment, Refund
from tamizdat.contributions.money.providers.processor.serving import served
from tamizdat.contributions.money.providers.sandbox import Sandbox
from tamizdat.contributions.money.till import Till
from tamizdat.importers.sample import appeals, giving, texts
from tamizdat.stories.models import Section
from tests.contributions.conftest import both, vault_keys  # noqa: F401 - a fixture

KEY, SECRET, ZONE = "key-of-the-tests", "secret-of-the-tests", ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@both
@pytest.mark.long
def test_a_year_holds_everything_and_its_books_balance(
    vault_keys: tuple[Path, Any],  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    from tamizdat.vault.keys import index_key
    from tamizdat.vault.opening import Opener

    folder, pair = vault_keys
    keyring = Keyring(folder, lambda: Opener({pair.key_id: pair}, index_key(folder)))
    file = tmp_path / "processor.sqlite3"
    count = giving.make(file, folder, keyring.opener, KEY, SECRET, ZONE, NOW)
    assert count > 100

    states = set(Contribution.objects.values_list("state", flat=True))
    assert {"active", "paused", "past-due", "ended", "given", "begun"} <= states
    paused = Contribution.objects.get(state="paused")
    assert paused.resumes_on is not None
    assert sorted(Dispute.objects.values_list("state", flat=True)) == ["lost", "open"]
    assert Refund.objects.filter(state="done").count() == 2
    unknown = Payment.objects.get(state=Payment.State.UNKNOWN)
    assert unknown.contribution.state == "begun"

    board = overview.board(NOW.date(), 12, "EUR")
    assert board.trouble == ""
    assert board.base is not None
    assert (board.base.paused, board.base.past_due > 0) == (1, True)
    assert sum(each.month.disputes for each in board.rows) > 0
    assert sum(each.month.failed for each in board.rows) > 0
    assert 0 < (board.rescued or 0) < 100

    with served(file, KEY) as server:
        provider = Sandbox(server.processor.base, KEY, SECRET)
        till = Till({"sandbox": provider}, keyring, ZONE, server.processor.store.now)
        for compare in (reconciling.hourly, reconciling.nightly):
            report = compare(till, "sandbox")
            assert (report.failed, report.missing) == (0, 0)
        provider.line.close()
    assert not Finding.objects.exists()
    assert ledger.audit().faults == ()
    assert Payment.objects.filter(state=Payment.State.UNKNOWN).exists()  # nobody can tell yet


@both
def test_its_appeals_stand_by_section_and_language_and_the_line_where_no_message_does(
    newsroom: dict[str, Any],
) -> None:
    keys: dict[tuple[str, str], Any] = {}
    for code, home in newsroom.items():
        for slug in ("culture", "politics"):
            if not Section.objects.child_of(home).filter(slug=slug).exists():
                home.add_child(
                    instance=Section(title=slug, slug=slug, locale=home.locale, live=True)
                )
        appeals.write(home, texts.appeals(code), keys)

    def stands(code: str, view: View, slug: str = "") -> tuple[str, Place | None]:
        home = newsroom[code]
        key = Section.objects.child_of(home).get(slug=slug).translation_key if slug else None
        rows = Appeal.objects.filter(locale=home.locale)
        found = showing.decide_on(rows, view, NOW.date(), key)
        return (found.chosen.name if found.chosen else "", found.place)

    assert stands("en", View.STORY, "culture") == ("The bookshelf", Place.END)
    assert stands("en", View.STORY, "politics") == ("No advertising", Place.END)
    assert stands("ru", View.STORY, "culture") == ("No advertising", Place.END)
    assert stands("fa", View.STORY, "politics") == ("The standing line", Place.END)
    assert stands("fa", View.LIST) == ("The standing line", Place.TOP)
    assert stands("fa", View.PAGE) == ("No advertising", Place.PAGE)
