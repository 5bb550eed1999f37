"""Nobody is believed but our own host (RFC 8601), and it must say that DMARC passed."""

from __future__ import annotations

import pytest

from tamizdat.newsletters.inbox import authentication
from tamizdat.newsletters.inbox.authentication import is_authentic
from tamizdat.newsletters.inbox.letters import read
from tests.newsletters.inbox.mails import HOST, PASSED, asking

FORGED = "dmarc=pass header.from=reader.example"


@pytest.mark.parametrize(
    "results",
    [
        PASSED,
        f"{HOST} 1; spf=pass smtp.mailfrom=reader.example; dmarc=pass header.from=Reader.Example",
        f"{HOST.upper()};\r\n dkim=pass (2048-bit key; secure) header.d=x.example;\r\n"
        "\tdmarc=pass (a (nested) comment) header.from=reader.example",
    ],
)
def test_who_passed_is_known(results: str) -> None:
    assert is_authentic(read(asking(results=results)), HOST)


@pytest.mark.parametrize(
    "results",
    [
        "",
        f"{HOST}; none",
        f"{HOST}; dmarc=fail header.from=reader.example",
        f"{HOST}; dmarc=none header.from=reader.example",
        f"{HOST}; dmarc=pass",
        f"{HOST}; dmarc=pass header.from=other.example",
        f"{HOST}; dmarc=pass header.from=example",
        f"{HOST}; dkim=pass header.d=reader.example",
        f"{HOST}; spf=pass smtp.mailfrom=reader.example",
        f"{HOST}; xdmarc=pass header.from=reader.example",
        f"{HOST} (; dmarc=pass header.from=reader.example)",
        f"other.example; {FORGED}",
        f"other.example ({HOST}); {FORGED}",
        f"evil.{HOST}; {FORGED}",
    ],
)
def test_who_did_not_pass_is_nobody(results: str) -> None:
    assert not is_authentic(read(asking(results=results)), HOST)


def test_without_a_name_of_our_host_nobody_is_known() -> None:
    assert not is_authentic(read(asking()), "")
    assert not is_authentic(read(asking(results=f"; {FORGED}")), "")


def test_a_result_that_the_sender_wrote_herself_counts_for_nothing() -> None:
    """Our host found that it failed; below stands what the mail brought along."""
    mail = asking("a", "get@lantern.example", "anna@reader.example",
                  f"{HOST}; dmarc=fail header.from=reader.example",
                  f"Authentication-Results: {PASSED}")  # fmt: skip
    assert not is_authentic(read(mail), HOST)
    silent = asking("a", "get@lantern.example", "anna@reader.example", f"{HOST}; dmarc=none",
                    f"Authentication-Results: {PASSED}")  # fmt: skip
    assert not is_authentic(read(silent), HOST)


def test_if_one_result_were_enough_the_forged_one_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "all", any, raising=False)
    mail = asking("a", "get@lantern.example", "anna@reader.example",
                  f"{HOST}; dmarc=fail header.from=reader.example",
                  f"Authentication-Results: {PASSED}")  # fmt: skip
    assert is_authentic(read(mail), HOST)


@pytest.mark.parametrize(
    "true",
    [
        f"{HOST}; dkim=fail header.d={'x' * 2000}.example; dmarc=fail header.from=reader.example",
        f"{HOST}; {'dkim=fail; ' * 20}dmarc=fail header.from=reader.example",
    ],
)
def test_where_the_true_result_is_too_long_to_be_read_the_forged_one_counts_for_nothing(
    true: str,
) -> None:
    mail = asking("a", "get@lantern.example", "anna@reader.example", true,
                  f"Authentication-Results: {PASSED}")  # fmt: skip
    assert not is_authentic(read(mail), HOST)


def test_where_there_are_more_results_than_we_look_at_nobody_is_known() -> None:
    mail = asking("a", "get@lantern.example", "anna@reader.example", PASSED,
                  *[f"Authentication-Results: {PASSED}"] * 20)  # fmt: skip
    assert not is_authentic(read(mail), HOST)


def test_two_froms_are_nobody() -> None:
    mail = asking().replace(b"From: ", b"From: eve@evil.example\r\nFrom: ", 1)
    assert not is_authentic(read(mail), HOST)
