"""The desk's pages of contributions, with a till and a processor behind them (``stage``).

Most requests are a form as one of our pages sends it, with something changed, so that what lies
behind the checks is reached. Words in capitals stand for what Anna has: links, tickets, gifts.
"""

from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import strategies as st

from fuzzing import Target, forms, hostile
from fuzzing.forms import Sent
from fuzzing.stage import ANNA, HOME_COUNTRY, Stage

SAFE = {"lives": "DE", "card": "DE", "returns": "no"}
KEYS = {"ticket": "TICKET", "altcha": "ALTCHA"}


def _form(**more: str) -> dict[str, str]:
    gift = {"step": "form", "rhythm": "once", "amount": "other", "other": "10", "currency": "EUR"}
    return {**SAFE, **gift, "of": "EUR", "way": "sandbox-card", **KEYS, **more}


def _deeds(path: str, *deeds: str, **more: str) -> list[tuple[str, dict[str, str]]]:
    return [(path, {"do": each, "ticket": "DEED", **more}) for each in deeds]


# Forms as our pages send them: where to, and what is in them.
GOOD: list[tuple[str, dict[str, str]]] = [
    ("/give/", {**SAFE, "rhythm": "monthly", "amount": "25", "currency": "USD"}),
    ("/give/", _form()),
    ("/give/", _form(rhythm="monthly", cover="1", address=ANNA, note="Thank you")),
    ("/give/", _form(way="bank-transfer", amount="1000", other="")),
    ("/give/", _form(currency="JPY", of="JPY", other="۵۰۰۰", quiet="1")),
    ("/give/", _form(currency="KWD", do="currency")),
    ("/give/remind/", {**SAFE, "step": "form", "month": "MONTH", "address": ANNA, **KEYS}),
    ("/give/remind/stop/STOP/", {"do": "stop"}),
    ("/give/thanks/THANKS/", {}),
    ("/transfer/BANK/", {}),
    ("/supporters/", {"address": ANNA, **KEYS}),
    ("/supporters/open/WAY/", {"do": "open"}),
    ("/supporters/stop/SILENCE", {"do": "start"}),
    *_deeds("/supporters/", "stop", "start", "erase", "erase-now", "out"),
    *_deeds("/supporters/", "newsletter", newsletter=forms.FRIDAY),
    *_deeds("/supporters/gift/MONTHLY/", "amount", "amount-now", amount="12.50"),
    *_deeds("/supporters/gift/MONTHLY/", "pause", "pause-now", until="MONTH"),
    *_deeds("/supporters/gift/PAUSED/", "resume", "resume-now", "end", "end-now"),
    *_deeds("/supporters/gift/MONTHLY/", "rhythm", "rhythm-now", amount="120", where="1", **SAFE),
    *_deeds("/supporters/gift/MONTHLY/", "method", where="1", **SAFE),
    *_deeds("/supporters/gift/ONCE/", "amount-now", "end-now", amount="5"),
    ("/supporters/receipt/PAID/", {"name": "Анна K. / آنا", "country": "DE"}),
    ("/supporters/year/YEAR/", {"name": "Anna", "country": ""}),
]
OTHERS = ["/supporters/asked/", "/supporters/back/", "/hooks/sandbox/", "/hooks/stripe/"]
PATHS = [each.encode() for each in dict.fromkeys([*(path for path, _ in GOOD), *OTHERS])]
FIELDS = [*dict.fromkeys(name for _, fields in GOOD for name in fields), "understood"]
VALUES = [*dict.fromkeys(value for _, fields in GOOD for value in fields.values()), *forms.VALUES]
VALUES += [
    HOME_COUNTRY,
    "GB",
    "XX",
    "annual",
    "yes",
    "eur",
    "erase-anyway",
    "stripe-card",
    "A" * 300,
]
VALUES += ["1e9", "-1", "0.001", "٥٫٥", "1,000", "1.000,00", "NaN", "$5", "２５", "9" * 40, "²"]
VALUES += ["2026-13", "۲۰۲۶-۱۲", "0000-00", "\u202e10", "reader@mail.ru", "é", "\U0001f600", "\r\n"]
COOKIES = ["desk=SESSION"] * 7 + ["desk=x"]
SIGNATURES = ["SIGNED", "t=1,v1=é", "t=é,v1=", "t=,v1=0", "v1=" + "0" * 64, "=,=", "t=1=2,v1", ""]
HEADERS = ["PROCESSOR_SIGNATURE", "STRIPE_SIGNATURE", "BTCPAY_SIG", "PAYPAL_TRANSMISSION_SIG"]


def desk_gifts() -> Target:
    stage = Stage(forms.desk())
    wild = forms.requests(PATHS, FIELDS, VALUES)
    inputs = st.one_of(nearly_good(), nearly_good(), nearly_good(), told(), wild)
    return Target("desk-gifts", inputs, stage.play)


@st.composite
def nearly_good(draw: st.DrawFn) -> Sent:
    """Give a good form in some language, with a few fields lost, changed or put in."""
    path, good = draw(st.sampled_from(GOOD))
    fields = dict(good)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        name = draw(st.sampled_from([*fields, *FIELDS]))
        fields[name] = draw(st.sampled_from(VALUES) | st.text(max_size=40))
        if draw(st.integers(0, 3)) == 0:
            del fields[name]
    body = urlencode(fields, errors="replace").encode()
    return Sent(
        method=draw(st.sampled_from(["POST", "POST", "POST", "GET", "HEAD"])),
        path=(draw(st.sampled_from(["", "/ru", "/fa"])) + path).encode(),
        query=draw(st.sampled_from([b"", body])),
        body=body,
        headers={"HTTP_COOKIE": draw(st.sampled_from(COOKIES))},
    )


def told() -> st.SearchStrategy[Sent]:
    """Give what a provider tells, or somebody in its name."""
    good = [b"EVENT", b'{"id":"a","account":"b","thing":{"kind":"visit","id":"vis_0"}}']
    signatures = st.text(st.characters(max_codepoint=255), max_size=40)
    return st.builds(
        lambda provider, header, signature, body: Sent(
            method="POST",
            path=f"/hooks/{provider}/".encode(),
            query=b"",
            body=body,
            headers={"CONTENT_TYPE": "application/json", f"HTTP_{header}": signature},
        ),
        st.sampled_from(["sandbox", "sandbox", "stripe", "btcpay", "paypal", "bank"]),
        st.sampled_from([HEADERS[0], *HEADERS]),
        st.sampled_from(SIGNATURES) | signatures,
        st.just(good[0]) | hostile(good),
    )
