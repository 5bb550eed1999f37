"""The till is opened with what the settings name, and keys come from files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tamizdat.contributions.money.opening import BadProviders, providers_of
from tamizdat.contributions.money.providers.stripe import Stripe
from tamizdat.serving.programs import Program
from tamizdat.serving.programs import environment as environment_of

KEY, SECRET = "rk_live_never-said", "whsec_never-said"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "stripe-key").write_text(KEY + "\n")
    (tmp_path / "stripe-secret").write_text(SECRET)
    return {
        "TAMIZDAT_STRIPE_KEY_FILE": str(tmp_path / "stripe-key"),
        "TAMIZDAT_STRIPE_SECRET_FILE": str(tmp_path / "stripe-secret"),
    }


def opened(environment: dict[str, str], *names: str) -> object:
    return providers_of(SimpleNamespace(PROVIDERS=list(names)), environment)


def test_stripe_is_opened_with_keys_from_files(files: dict[str, str]) -> None:
    found = opened({**files, "TAMIZDAT_STRIPE_METHODS": "card, sepa"}, "stripe")
    assert isinstance(found, dict)
    assert isinstance(found["stripe"], Stripe)
    assert [each.code for each in found["stripe"].facts.methods] == ["card", "sepa"]


def test_a_systemd_credential_is_found(files: dict[str, str], tmp_path: Path) -> None:
    assert opened({"CREDENTIALS_DIRECTORY": str(tmp_path)}, "stripe")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"TAMIZDAT_STRIPE_KEY": KEY}, "TAMIZDAT_STRIPE_KEY_FILE"),
        ({"TAMIZDAT_STRIPE_KEY_FILE": ""}, "stripe-key"),
        ({"TAMIZDAT_STRIPE_KEY_FILE": "/nowhere/key"}, "No such file"),
        ({"TAMIZDAT_STRIPE_METHODS": "cash"}, "card, sepa"),
    ],
)
def test_what_is_wrong_is_said_by_its_setting_and_no_key_is_repeated(
    files: dict[str, str], change: dict[str, str], words: str
) -> None:
    with pytest.raises(BadProviders) as found:
        opened({**files, **change}, "stripe")
    assert words in str(found.value)
    assert KEY not in str(found.value)


def test_a_provider_that_nobody_knows_is_said() -> None:
    with pytest.raises(BadProviders, match="known are sandbox, stripe"):
        opened({}, "swift")


def test_only_the_till_is_told_where_keys_of_providers_are(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in files.items():
        monkeypatch.setenv(name, value)
    assert files.items() <= environment_of(Program("till", ())).items()
    for other in ("newsroom", "baker", "post", "sender", "worker"):
        assert not files.keys() & environment_of(Program(other, ())).keys()
