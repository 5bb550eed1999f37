"""Amounts: whole numbers of a currency's smallest unit, read as people type, shown as they read.

Rules:

1. An amount is an integer of minor units (ISO 4217: cents; yen have none, dinars three digits).
   Nothing is ever computed in floating point.
2. What is typed is read strictly: digits of any script, one decimal mark, groups of three. What can
   be read two ways ("1,000", "1.000") is refused and both readings are named; a mark that can be
   only one thing ("5,00", "1 000", "1.000,50", "٫") is taken.
3. Bounds are handed in, in minor units of the same currency (``rates.Bounds``).
"""

from __future__ import annotations

import copy
import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from functools import cache

from babel import Locale
from babel.numbers import get_currency_name, get_currency_symbol
from moneyed import CURRENCIES

from tamizdat.contributions.money.errors import Bad, BadAmount

# In the order in which a form shows them: the most used first, then by the alphabet.
OFFERED = tuple(
    "EUR USD GBP CHF AED AMD AUD BGN BRL CAD CLP CZK DKK GEL HKD HUF ILS INR ISK JPY KRW KWD KZT "
    "MDL MXN NOK NZD PLN RON SEK SGD TRY UAH ZAR".split()
)
LONGEST = 40  # letters; what is longer is no amount
# Digits as readers of a language write them, where they are not 0 to 9.
DIGITS = {"fa": "۰۱۲۳۴۵۶۷۸۹", "ar": "٠١٢٣٤٥٦٧٨٩"}
_SPACES = dict.fromkeys(map(ord, " \u00a0\u2009\u202f\u2007'’\u066c٬"), " ")
_MARKS = {ord("٫"): ".", ord("،"): ",", ord("−"): "-", ord("–"): "-", ord("﹣"): "-"}
_INVISIBLE = dict.fromkeys([0x200E, 0x200F, 0x061C, 0x2066, 0x2067, 0x2068, 0x2069, 0x200C])


@dataclass(frozen=True, order=True)
class Money:
    """So many minor units of a currency."""

    currency: str
    minor: int

    def __str__(self) -> str:
        return f"{major(self)} {self.currency}"


@cache
def digits_of(currency: str) -> int:
    """Return how many digits a currency has after the point (ISO 4217).

    Raises BadAmount where it is none that we know.
    """
    found = CURRENCIES.get(currency)
    if found is None or found.numeric is None:
        raise BadAmount(Bad.UNKNOWN_CURRENCY)
    return len(str(found.sub_unit)) - 1


def check_currency(code: str) -> str:
    """Return an offered currency's code as it is kept. Raises BadAmount."""
    wanted = code.strip().upper()
    if wanted not in OFFERED:
        raise BadAmount(Bad.UNKNOWN_CURRENCY)
    return wanted


def major(money: Money) -> Decimal:
    """Return an amount in units of its currency: 1999 cents are 19.99."""
    return Decimal(money.minor).scaleb(-digits_of(money.currency))


# Reading


def parse(text: str, currency: str) -> Money:
    """Read what a person typed into an amount field, in a chosen currency. Raises BadAmount.

    A sign of the same currency may stand beside the number. Signs and bounds are looked at last, so
    that the first thing that is wrong with a number is the one that is named.
    """
    if currency not in OFFERED:
        raise BadAmount(Bad.UNKNOWN_CURRENCY)
    digits = digits_of(currency)
    plain = _plain(text, currency)
    if plain.startswith("-"):
        _minor(plain.lstrip("- "), digits)  # "-abc" is no number, whatever its sign
        raise BadAmount(Bad.NEGATIVE)
    return Money(currency, _minor(plain.removeprefix("+").strip(), digits))


def check(money: Money, least: int, most: int) -> Money:
    """Hold an amount to bounds in its own minor units. Raises BadAmount."""
    if money.minor < least:
        raise BadAmount(Bad.TOO_SMALL, limit=least)
    if money.minor > most:
        raise BadAmount(Bad.TOO_LARGE, limit=most)
    return money


def _plain(text: str, currency: str) -> str:
    """Bring digits, marks and spaces into one form, and take the currency's sign away."""
    if len(text) > LONGEST:
        raise BadAmount(Bad.NOT_A_NUMBER)
    shown = text.translate(_INVISIBLE).translate(_SPACES).translate(_MARKS)
    plain = "".join(_digit(letter) for letter in shown).strip()
    if not plain:
        raise BadAmount(Bad.EMPTY)
    bare = _without_sign(plain, currency)
    if not bare:
        raise BadAmount(Bad.EMPTY)
    return bare


def _digit(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)


def _without_sign(plain: str, currency: str) -> str:
    minus = "-" if plain.startswith("-") else ""
    rest = plain.removeprefix("-").strip()
    # Signs and words alone: "1e9" begins and ends with digits, and its letter stays.
    before = re.match(r"[^\d.,+-]*", rest)
    after = re.search(r"[^\d.,+-]*$", rest)
    words = [part[0].strip() for part in (before, after) if part and part[0].strip()]
    if not words:
        return minus + rest
    if not any(letter.isdigit() for letter in rest) or len(words) > 1:
        raise BadAmount(Bad.NOT_A_NUMBER)
    (word,) = words
    if word.upper() not in _signs(currency):
        raise BadAmount(Bad.OTHER_CURRENCY if _is_currency(word) else Bad.NOT_A_NUMBER)
    rest = rest.removeprefix(word).removesuffix(word).strip()
    return minus + rest


def _signs(currency: str) -> set[str]:
    """Return how a currency may stand beside a number, in capitals."""
    found = {currency, *(get_currency_symbol(currency, each) for each in ("en", "ru", "fa"))}
    return {each.upper() for each in found}


def _is_currency(word: str) -> bool:
    return any(word.upper() in _signs(each) for each in OFFERED)


_ONE_MARK = re.compile(r"(\d+)([.,])(\d*)")
_GROUPED = re.compile(r"(\d{1,3}(?:([., ])\d{3})(?:\2\d{3})*)(?:([.,])(\d*))?")


def _minor(plain: str, digits: int) -> int:
    if re.fullmatch(r"\d+", plain):
        return int(plain + "0" * digits)
    if not re.fullmatch(r"[\d., ]+", plain) or not plain[0].isdigit():
        raise BadAmount(Bad.NOT_A_NUMBER)
    marked = _ONE_MARK.fullmatch(plain)
    if marked:
        return _with_one_mark(marked[1], marked[3], digits)
    grouped = _GROUPED.fullmatch(plain)
    if not grouped or (grouped[3] and grouped[3] == grouped[2]):
        raise BadAmount(Bad.NOT_A_NUMBER)
    whole = re.sub(r"[., ]", "", grouped[1])
    return _joined(whole, grouped[4] or "", digits)


def _with_one_mark(whole: str, fraction: str, digits: int) -> int:
    """Read "5,00" or "1,000": three digits behind a mark may be a group of thousands."""
    could_be_thousands = len(fraction) == 3 and len(whole) <= 3 and whole[0] != "0"
    if could_be_thousands and digits == 0:  # nobody writes parts of a yen
        return int(whole + fraction)
    if could_be_thousands:
        readings = (int(whole + fraction + "0" * digits), _as_fraction(whole, fraction, digits))
        raise BadAmount(Bad.AMBIGUOUS, readings=readings)
    return _joined(whole, fraction, digits)


def _as_fraction(whole: str, fraction: str, digits: int) -> int:
    return int(Decimal(f"{whole}.{fraction}").scaleb(digits))


def _joined(whole: str, fraction: str, digits: int) -> int:
    """Join what stands before and after the point; zeros beyond the last digit say nothing."""
    kept = fraction.rstrip("0")
    if len(kept) > digits:
        raise BadAmount(Bad.TOO_FINE)
    return int(whole + kept.ljust(digits, "0"))


# Showing


def shown(money: Money, language: str, *, bare: bool = False) -> str:
    """Write an amount as readers of a language write it, with its currency's sign.

    The digits after the point are ISO 4217's; CLDR rounds some currencies further. ``bare``: a
    whole amount without them.
    """
    locale = Locale.parse(language, sep="-")
    pattern = copy.copy(locale.currency_formats["standard"])
    digits = digits_of(money.currency)
    pattern.frac_prec = (0 if bare and not money.minor % 10**digits else digits,) * 2
    text = pattern.apply(
        major(money),
        locale,
        currency=money.currency,
        currency_digits=False,
        numbering_system="default",  # its marks, not its digits
    )
    return str(text).translate(str.maketrans("0123456789", DIGITS.get(language, "0123456789")))


def typed(money: Money) -> str:
    """Write an amount as it stands in a field, so that ``parse`` reads it again.

    Three digits behind the point (of a dinar) could be thousands; a fourth makes it plain.
    """
    return f"{major(money):f}" + ("0" if digits_of(money.currency) == 3 else "")


def name_of(currency: str, language: str) -> str:
    """Return what a language calls a currency."""
    return str(get_currency_name(currency, locale=Locale.parse(language, sep="-")))


# The fee


@dataclass(frozen=True)
class Fee:
    """What a provider takes of a payment: a share of it, and a fixed part in minor units."""

    share: Fraction
    fixed: int = 0

    def of(self, minor: int) -> int:
        """Return the fee of a payment, rounded up to a whole minor unit."""
        return _ceiling(minor * self.share) + self.fixed


def covering(gift: int, fee: Fee) -> int:
    """Return the least payment of which at least the gift is left when the fee has gone."""
    if not 0 <= fee.share < 1:
        raise ValueError("a fee takes less than the whole")
    total = _ceiling(Fraction(gift + fee.fixed) / (1 - fee.share))
    while total - fee.of(total) < gift:  # the fee itself is rounded up
        total += 1
    return total


def _ceiling(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def rounded_up(value: Decimal) -> int:
    """Return the least whole number that is not below a value."""
    return int(value.to_integral_value(ROUND_CEILING))
