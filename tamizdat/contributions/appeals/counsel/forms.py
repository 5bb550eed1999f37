"""What a fundraiser types of what counsel said. A form reads and checks; the rules are
``giving.ruling``'s, which are asked once more before anything is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings

from tamizdat.contributions.appeals.counsel.policies import WAYS, home, named
from tamizdat.contributions.giving.models import LONGEST_COUNSEL
from tamizdat.contributions.giving.policy import OtherWay, Ruling, Verdict
from tamizdat.contributions.giving.ruling import (
    LONGEST,
    METHODS,
    BadRuling,
    checked,
    checked_way,
    opens,
)
from tamizdat.contributions.supporters.receipts import drawing, wording

LONGEST_TEXT = 1_000  # characters
FIRST = date(2000, 1, 1)
LATEST = timedelta(days=2 * 366)  # a year that was mistyped would never come
RIGHT_TO_LEFT = ("fa", "ar")
LIVES, TRAVELS = "lives", "travels"
VERDICTS = [
    (Verdict.ALLOW.value, "Allow: nothing is said"),
    (Verdict.WARN.value, "Warn, with the text below: she may go on"),
    (Verdict.REFUSE.value, "Refuse, with the text below: nothing is stored, no processor asked"),
    (Verdict.LIFT.value, "No ruling of its own any more: what holds without one"),
]


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    wrong = {"required": "Say the day.", "invalid": "Expected a day, such as 2026-12-01."}
    return forms.DateField(
        label=label, required=required, help_text=help_text, widget=widget, error_messages=wrong
    )


class Text(forms.CharField):
    """A text, with line ends as we keep them: forms send others."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


def text_field(label: str, language: str, longest: int = LONGEST_TEXT) -> Text:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    attrs = {"rows": 4, "lang": language, "dir": direction}
    too_long = f"Expected up to {longest} characters."
    return Text(
        label=label,
        required=False,
        max_length=longest,
        widget=forms.Textarea(attrs=attrs),
        error_messages={"max_length": too_long},
    )


def counsel_field() -> forms.CharField:
    return forms.CharField(
        label="Counsel",
        required=False,
        max_length=LONGEST_COUNSEL,
        help_text="Name or office, or where the advice lies. It stands in the database of the "
        "desk: write nobody's name who could be harmed by it.",
        error_messages={"max_length": f"Expected up to {LONGEST_COUNSEL} characters."},
    )


class CounselForm(forms.Form):
    """A form with a text in each of the newsroom's languages."""

    said = "Text"

    def __init__(self, *args: Any, country: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country, self.today = country, today
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = text_field(f"{self.said} ({name})", code)

    def texts(self) -> dict[str, str]:
        found = {code: self.cleaned_data.get(f"text_{code}", "") for code, _ in settings.LANGUAGES}
        return {code: text for code, text in found.items() if text}

    def untold(self) -> list[str]:
        """Return the languages whose readers will see another language's text."""
        return [name for code, name in settings.LANGUAGES if code not in self.texts()]

    def need_a_text(self, why: str) -> None:
        first = f"text_{settings.LANGUAGES[0][0]}"
        is_typed = any(name.startswith("text_") for name in self.errors)
        if not self.texts() and not is_typed:
            self.add_error(first, why)


class RulingForm(CounselForm):
    """A ruling on a country and a way of giving."""

    said = "What she is told"

    about = forms.ChoiceField(
        label="About whom",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whom it is about."},
    )
    method = forms.ChoiceField(
        label="Way of giving", required=False, choices=[(each, WAYS[each]) for each in METHODS]
    )
    verdict = forms.ChoiceField(
        label="What is done",
        choices=VERDICTS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is done."},
    )
    since = day_field("From which day on")
    counsel = counsel_field()
    advised_on = day_field("Counsel said so on", required=False)

    field_order = ("about", "method", "verdict", "since")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(LIVES, f"Who lives in {named(self.country)}, or whose card is from there")]
        if self.country in home():
            people.append((TRAVELS, f"Who will travel to {named(self.country)}"))
        about = self.fields["about"]
        about.choices = people  # type: ignore[attr-defined]  # a ChoiceField
        about.initial = LIVES
        self.order_fields([*self.field_order, *self._texts(), "counsel", "advised_on"])

    def _texts(self) -> list[str]:
        return [name for name in self.fields if name.startswith("text_")]

    def clean_since(self) -> date:
        since: date = self.cleaned_data["since"]
        if since < self.today:
            raise forms.ValidationError("From today on at the earliest: what held is history.")
        if since > self.today + LATEST:
            raise forms.ValidationError("Expected a day within two years.")
        return since

    def clean(self) -> dict[str, Any]:
        verdict = self.cleaned_data.get("verdict")
        if verdict in (Verdict.WARN, Verdict.REFUSE):
            self.need_a_text(
                "Say why, in at least one language: who is warned or refused reads it."
            )
        told = None if self.errors else self.ruling()
        if told is not None and opens(told, home()):
            self._demand_counsel(told)
        if told is not None and not self.errors:
            try:
                checked(told, home())
            except BadRuling as error:
                self.add_error(None, f"{error}")
        return self.cleaned_data

    def _demand_counsel(self, told: Ruling) -> None:
        if not told.counsel:
            self.add_error("counsel", f"{named(self.country)} is a home country: who advised it?")
        if told.advised_on is None:
            self.add_error("advised_on", "A home country: on which day was it advised?")
        elif not self.today - LONGEST <= told.advised_on <= self.today:
            self.add_error("advised_on", "Expected a day of the last year: ask counsel again.")

    def ruling(self) -> Ruling:
        """Return what was typed; only of a form that is in order."""
        typed = self.cleaned_data
        verdict = Verdict(typed["verdict"])
        return Ruling(
            self.country,
            verdict,
            typed["since"],
            typed["method"],
            typed["about"] == TRAVELS,
            self.texts() if verdict in (Verdict.WARN, Verdict.REFUSE) else {},
            typed["counsel"],
            typed["advised_on"],
        )


class WordingForm(forms.Form):
    """What receipts say of one thing, from a day on, in each language."""

    since = day_field(
        "For payments from which day on",
        help_text="A day that is past is allowed: receipts for payments since then say the new "
        "text when they are made again.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = text_field(f"Text ({name})", code, wording.LONGEST)

    def clean_since(self) -> date:
        since: date = self.cleaned_data["since"]
        if not FIRST <= since <= self.today + LATEST:
            raise forms.ValidationError("Expected a day from 2000 to two years ahead.")
        return since

    def clean(self) -> dict[str, Any]:
        for code, _ in settings.LANGUAGES:
            text = self.cleaned_data.get(f"text_{code}", "")
            lacking = dict.fromkeys(each for each in text if not drawing.can_write(each))
            if lacking:
                shown = " ".join(list(lacking)[:10])
                self.add_error(f"text_{code}", f"Receipts cannot print these letters: {shown}")
        return self.cleaned_data

    def texts(self) -> dict[str, str]:
        """Return what was typed, by language; only of a form that is in order."""
        return {code: self.cleaned_data[f"text_{code}"] for code, _ in settings.LANGUAGES}


class WayForm(CounselForm):
    """What who is refused may do instead."""

    said = "What she may do instead"

    url = forms.URLField(
        label="A page about it",
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text="Only one that is no danger to open there.",
        error_messages={"invalid": "Expected an address that begins with https://."},
    )
    lawful_on = day_field("Counsel called it lawful on")
    until = day_field("It is told until", help_text="A year after counsel's day at the latest.")
    counsel = counsel_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts = [name for name in self.fields if name.startswith("text_")]
        self.order_fields([*texts, "url", "lawful_on", "until", "counsel"])

    def clean(self) -> dict[str, Any]:
        self.need_a_text("Say what she may do, in at least one language.")
        lawful, until = self.cleaned_data.get("lawful_on"), self.cleaned_data.get("until")
        if lawful and lawful > self.today:
            self.add_error("lawful_on", "Expected a day on which counsel has said so already.")
        if until and until < self.today:
            self.add_error("until", "That day is over: nobody would be told.")
        if lawful and until and until > lawful + LONGEST:
            self.add_error("until", "Expected a day within a year of counsel's.")
        if not self.errors:
            try:
                checked_way(self.way())
            except BadRuling as error:
                self.add_error(None, f"{error}")
        return self.cleaned_data

    def way(self) -> OtherWay:
        """Return what was typed; only of a form that is in order."""
        typed = self.cleaned_data
        return OtherWay(
            self.country,
            typed["lawful_on"],
            typed["until"],
            self.texts(),
            typed["url"],
            typed["counsel"],
        )
