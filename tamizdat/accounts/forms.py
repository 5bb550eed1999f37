"""Wagtail's forms for staff, asking for nothing that we do not want to hold."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.admin.forms.auth import LoginForm
from wagtail.users.forms import UserCreationForm, UserEditForm

from tamizdat.accounts import guessing
from tamizdat.accounts.models import User

OPTIONAL = ("first_name", "last_name")
FIELDS = ["username", "first_name", "last_name", "is_superuser", "groups"]
WIDGETS = {"groups": forms.CheckboxSelectMultiple}


class SignInForm(LoginForm):
    """Wagtail's form; whoever guesses has to wait."""

    remember = None  # a session ends with the browser, and after twelve hours

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username") or "")
        try:
            guessing.attempt("password", name, timezone.now())
        except guessing.TooMany as error:
            wait = guessing.in_words(error.seconds)
            text = f"Too many wrong tries. The next one counts in {wait}."
            raise ValidationError(text, code="throttled") from None
        cleaned = super().clean()
        guessing.succeed("password", name)
        return dict(cleaned)


class StaffCreationForm(UserCreationForm):
    """A new member of staff: a login, a password, roles. A name is optional.

    Nobody is made an administrator here: roles say what somebody may do, and the command line is
    the way to more (``tamizdat staff add --administrator``).
    """

    email = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_for_little(self)

    class Meta:
        model = User
        fields = FIELDS
        widgets = WIDGETS


class StaffEditForm(UserEditForm):
    """Change a member of staff."""

    email = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_for_little(self)

    class Meta:
        model = User
        fields = [*FIELDS, "is_active"]
        widgets = WIDGETS


def _ask_for_little(form: forms.Form) -> None:
    for name in OPTIONAL:
        form.fields[name].required = False
    if "is_superuser" in form.fields:
        form.fields["is_superuser"].disabled = True
        form.fields["is_superuser"].help_text = "Given at the server alone: tamizdat staff add."


class CodeForm(forms.Form):
    """A code from an app, or one of the recovery codes."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class NewAppForm(CodeForm):
    """The code that a new app shows: it proves that the app has the secret."""

    field_order = ["code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": False}
        self.fields["code"].help_text = "The six digits that the app shows now."
