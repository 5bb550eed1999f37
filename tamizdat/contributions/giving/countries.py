"""Countries: their codes (ISO 3166-1, and XK as banks use it), and what a language calls them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from babel import Locale
from babel.numbers import get_territory_currencies

from tamizdat.contributions.money.amounts import OFFERED

CODES = tuple(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA "
    "ZM ZW".split()
)
_KNOWN = frozenset(CODES)
# The order of letters where it is not that of their code points.
_ORDER = {
    "fa": "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}


def is_country(code: str) -> bool:
    return code in _KNOWN


@lru_cache
def named(language: str) -> tuple[tuple[str, str], ...]:
    """Return all countries, code and name, in the order in which a reader looks for them."""
    names = Locale.parse(language, sep="-").territories
    order = {letter: f"{place:02}" for place, letter in enumerate(_ORDER.get(language, ""))}

    def place_of(country: tuple[str, str]) -> str:
        return "".join(order.get(letter, letter) for letter in _plain(country[1]))

    return tuple(sorted(((code, str(names[code])) for code in CODES), key=place_of))


def list_of(codes: Iterable[str], language: str) -> str:
    """Return some countries' names as one phrase: "A, B or C"."""
    from babel.lists import format_list

    names = Locale.parse(language, sep="-").territories
    return format_list([str(names[each]) for each in codes], style="or", locale=language)


def currency_of(country: str) -> str:
    """Return the currency in which a country's cards are, where we offer it; else an empty word."""
    found = get_territory_currencies(country)
    return found[0] if found and found[0] in OFFERED else ""


def _plain(name: str) -> str:
    """Let Åland stand with the A, and Iceland not behind Italy for a capital letter."""
    import unicodedata

    split = unicodedata.normalize("NFKD", name.casefold().replace("ё", "е"))
    return "".join(each for each in split if not unicodedata.combining(each) and each.isalnum())
