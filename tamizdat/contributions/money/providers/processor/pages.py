"""The processor's hosted pages: plain HTML, no script, in the supporter's language."""

from __future__ import annotations

from html import escape
from typing import Any

from tamizdat.contributions.money.amounts import Money, shown
from tamizdat.contributions.money.providers.processor.store import Thing

DECISIONS = ("approve", "decline", "confirm", "slow", "lost-reply", "lost-message")
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Sandbox payments",
        "nothing": "This is a try-out. No money moves, whatever you choose.",
        "once": "once",
        "monthly": "every month",
        "annual": "every year",
        "approve": "Pay",
        "decline": "The card is declined",
        "confirm": "The bank asks first (3-D Secure)",
        "slow": "Pay, and it takes a while",
        "lost-reply": "Pay, and the line breaks",
        "lost-message": "Pay, and the newsroom is not told",
        "declined": "The card was declined. Try again.",
        "bank": "Your bank asks: is it you who pays?",
        "yes": "Yes, pay",
        "no": "No",
        "over": "This page is over. You can close it.",
        "method": "Change the card",
        "back": "Back",
    },
    "ru": {
        "title": "Учебные платежи",
        "nothing": "Это проба. Деньги не переводятся, что бы вы ни выбрали.",
        "once": "один раз",
        "monthly": "каждый месяц",
        "annual": "каждый год",
        "approve": "Заплатить",
        "decline": "Карту не приняли",
        "confirm": "Банк спросит сначала (3-D Secure)",
        "slow": "Заплатить, но не сразу",
        "lost-reply": "Заплатить, и связь прервётся",
        "lost-message": "Заплатить, и редакция не узнает",
        "declined": "Карту не приняли. Попробуйте ещё раз.",
        "bank": "Ваш банк спрашивает: это вы платите?",
        "yes": "Да, заплатить",
        "no": "Нет",
        "over": "Эта страница больше не нужна. Её можно закрыть.",
        "method": "Сменить карту",
        "back": "Назад",
    },
    "fa": {
        "title": "پرداخت آزمایشی",
        "nothing": "این فقط آزمایش است. هرچه انتخاب کنید، پولی جابه‌جا نمی‌شود.",
        "once": "یک بار",
        "monthly": "هر ماه",
        "annual": "هر سال",
        "approve": "پرداخت",
        "decline": "کارت پذیرفته نشود",
        "confirm": "بانک اول بپرسد (3-D Secure)",
        "slow": "پرداخت، با تأخیر",
        "lost-reply": "پرداخت، و ارتباط قطع شود",
        "lost-message": "پرداخت، و تحریریه خبردار نشود",
        "declined": "کارت پذیرفته نشد. دوباره امتحان کنید.",
        "bank": "بانک شما می‌پرسد: شما پرداخت می‌کنید؟",
        "yes": "بله، پرداخت",
        "no": "نه",
        "over": "این صفحه تمام شده است. می‌توانید آن را ببندید.",
        "method": "تعویض کارت",
        "back": "بازگشت",
    },
}
STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:30rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a;background:#fff}h1{font-size:1.3rem}p.sum{font-size:1.6rem;margin:.5rem 0}"
    "button{display:block;inline-size:100%;margin:.5rem 0;padding:.8rem;font:inherit;"
    "border:2px solid #1a1a1a;background:#fff;color:#1a1a1a;text-align:start;cursor:pointer}"
    "button.first{background:#1a1a1a;color:#fff}"
)


def page(thing: Thing, payment: Thing | None) -> str:
    """Draw the page of a visit, of a change of the card, or of a bank's question."""
    language = str(thing.get("language", "en"))
    words = WORDS.get(language, WORDS["en"])
    if thing["kind"] == "method":
        inner = f"<p>{words['method']}</p>" + _form(words, ("approve", "method"), ("no", "back"))
    elif thing["kind"] == "payment":
        inner = _bank(thing, words, thing)
    elif thing["kind"] == "visit" and thing["state"] == "open":
        inner = _visit(thing, payment, words, language)
    else:
        inner = f"<p>{words['over']}</p>"
    return _whole(language, words, inner)


def _visit(thing: Thing, payment: Thing | None, words: dict[str, str], language: str) -> str:
    money = Money(thing["currency"], thing["amount"])
    top = f'<p class="sum">{escape(shown(money, language))}, {words[thing["rhythm"]]}</p>'
    if payment is not None and payment["confirming"]:
        return top + _bank(payment, words, thing)
    if payment is not None and payment["state"] == "failed":
        top += f'<p role="alert">{words["declined"]}</p>'
    return top + _form(words, *((each, each) for each in DECISIONS))


def _bank(payment: Thing, words: dict[str, str], thing: Thing) -> str:
    if payment["state"] != "pending":
        return f"<p>{words['over']}</p>"
    return f"<p>{words['bank']}</p>" + _form(words, ("approve", "yes"), ("decline", "no"))


def _form(words: dict[str, str], *buttons: tuple[str, str]) -> str:
    lines = [
        f'<button name="decision" value="{value}"{_first(number)}>{escape(words[label])}</button>'
        for number, (value, label) in enumerate(buttons)
    ]
    return f'<form method="post">{"".join(lines)}</form>'


def _first(number: int) -> str:
    return ' class="first"' if number == 0 else ""


def _whole(language: str, words: dict[str, Any], inner: str) -> str:
    direction = "rtl" if language == "fa" else "ltr"
    return (
        f'<!doctype html><html lang="{escape(language)}" dir="{direction}"><head>'
        f'<meta charset="utf-8"><title>{words["title"]}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main><h1>{words['title']}</h1>"
        f"<p>{words['nothing']}</p>{inner}</main></body></html>"
    )
