"""The newsroom's bank account, as it stands on the page and in the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tamizdat.contributions.money.amounts import OFFERED
from tamizdat.contributions.money.credentials import BadProviders, needed, words


@dataclass(frozen=True)
class BankAccount:
    """Where supporters send money to. Nothing here is secret: all of it stands on the page."""

    holder: str
    iban: str
    bic: str
    bank: str
    currencies: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Return the IBAN in groups of four."""
        return " ".join(self.iban[place : place + 4] for place in range(0, len(self.iban), 4))


def of(environment: Mapping[str, str]) -> BankAccount:
    """Read the settings ``TAMIZDAT_BANK_…``. Raises BadProviders."""
    iban = re.sub(r"\s", "", needed(environment, "TAMIZDAT_BANK_IBAN")).upper()
    if not _is_iban(iban):
        raise BadProviders("TAMIZDAT_BANK_IBAN is no IBAN: its check digits do not fit")
    currencies = tuple(words(environment, "TAMIZDAT_BANK_CURRENCIES", "EUR"))
    for each in currencies:
        if each not in OFFERED:
            raise BadProviders(f"TAMIZDAT_BANK_CURRENCIES: {each!r} is no currency that is offered")
    return BankAccount(
        needed(environment, "TAMIZDAT_BANK_HOLDER"),
        iban,
        environment.get("TAMIZDAT_BANK_BIC", "").strip(),
        environment.get("TAMIZDAT_BANK_NAME", "").strip(),
        currencies,
    )


def _is_iban(text: str) -> bool:
    """Check an IBAN's form and digits (ISO 13616; ISO 7064, modulo 97)."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text):
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1
