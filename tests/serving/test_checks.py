"""Wrong settings are found, named and mended by their hints."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_django import Settings as DjangoSettings

import tamizdat
from tamizdat import checks, landlock
from tamizdat.serving.programs import MONEY


def test_every_setting_that_is_read_is_known() -> None:
    files = (Path(tamizdat.__file__).parent / "settings").glob("*.py")
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    read = set(re.findall(r"(?:text|words|environ\.get|database)\(\s*\"(TAMIZDAT_[A-Z_]+)\"", text))
    assert read <= checks.KNOWN
    # The demo's command reads the first; what starts the vault and the back room, and the till,
    # which alone speaks with providers of money, read the others.
    others = ("TAMIZDAT_VAULT_", "TAMIZDAT_BANK_", *MONEY)
    unread = {name for name in checks.KNOWN - read if not name.startswith(others)}
    assert unread == {"TAMIZDAT_DEMO"}


def test_a_slip_of_the_pen_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIZDAT_PUBLIC_ADRESS", "x")
    (found,) = checks.names()
    assert (found.msg, found.hint) == (
        "TAMIZDAT_PUBLIC_ADRESS is no setting of ours.",
        "Did you mean TAMIZDAT_PUBLIC_ADDRESS?",
    )


@pytest.mark.parametrize(
    "value",
    ["example.org", "ftp://example.org", "https://", "https://a/b", "https://a:x", "http://u@a"],
)
def test_an_address_is_a_scheme_and_a_host(value: str, settings: DjangoSettings) -> None:
    settings.PUBLIC_ADDRESS = value
    assert [each.id for each in checks.addresses()] == ["tamizdat.E004"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://example.org", []),
        ("http://localhost:8000", []),
        ("http://abc.onion", []),
        ("http://example.org", ["tamizdat.W004"]),
    ],
)
def test_what_is_not_encrypted_is_said(
    value: str, found: list[str], settings: DjangoSettings
) -> None:
    settings.PUBLIC_ADDRESS = value
    assert [each.id for each in checks.addresses()] == found


def test_a_folder_that_others_can_read_is_said(settings: DjangoSettings, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    tmp_path.chmod(0o755)
    assert [each.id for each in checks.folder()] == ["tamizdat.W002"]
    settings.HOME = tmp_path / "gone"
    assert [each.id for each in checks.folder()] == ["tamizdat.W005"]


def test_other_wrong_values_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    same = {"ENGINE": "django.db.backends.mysql", "NAME": "one"}
    wrong = SimpleNamespace(
        ALLOWED_HOSTS=["*"],
        LANGUAGES=[("en", "English")],
        LANGUAGE_CODE="tlh",
        DOOR="window",
        DATABASES={"default": same, "people": same},
    )
    monkeypatch.setattr(checks, "settings", wrong)
    found = [*checks.hosts(), *checks.language(), *checks.door(), *checks.databases()]
    assert [each.id for each in found] == [
        *("tamizdat.E005", "tamizdat.E006", "tamizdat.E007"),
        *("tamizdat.E008", "tamizdat.E008", "tamizdat.E009"),
    ]
    assert all(each.hint for each in found)


def test_a_newsroom_without_a_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAMIZDAT_SECRET_KEY")
    assert [each.id for each in checks.key()] == ["tamizdat.W003"]


def test_the_vaults_passphrase_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.passphrase() == []
    monkeypatch.setenv("TAMIZDAT_VAULT_PASSPHRASE_FILE", "/run/words")
    assert checks.passphrase() == []
    monkeypatch.setenv("TAMIZDAT_VAULT_PASSPHRASE", "typed words")
    (found,) = checks.passphrase()
    assert found.id == "tamizdat.E011"
    assert "typed words" not in f"{found.msg} {found.hint}"


def test_a_kernel_that_cannot_confine_the_desk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert [each.id for each in checks.confinement()] == ["tamizdat.W006"]
    monkeypatch.setattr(landlock, "version", lambda: 1)
    assert checks.confinement() == []


def test_links_without_a_key_of_their_own_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: DjangoSettings
) -> None:
    settings.HOME = tmp_path
    monkeypatch.delenv("TAMIZDAT_LINK_KEY", raising=False)
    (found,) = checks.links()
    assert found.id == "tamizdat.W040"
    assert "link.key" in (found.hint or "")
    monkeypatch.setenv("TAMIZDAT_LINK_KEY_FILE", "link.key")
    settings.LINK_KEY = "short"
    assert [each.id for each in checks.links()] == ["tamizdat.E040"]
    settings.LINK_KEY = "k" * 48
    assert checks.links() == []


@pytest.mark.parametrize("domain", ["@mail.example", "mail", "https://mail.example", "почта.рф"])
def test_a_provider_at_home_is_a_domain(domain: str, settings: DjangoSettings) -> None:
    settings.HOME_PROVIDERS = ["mail.example", domain]
    assert [each.id for each in checks.home_country()] == ["tamizdat.E042"]


def test_a_language_of_the_home_country_is_a_code(settings: DjangoSettings) -> None:
    settings.HOME_LANGUAGES = ["ru", "Russian"]
    assert [each.id for each in checks.home_country()] == ["tamizdat.E041"]
