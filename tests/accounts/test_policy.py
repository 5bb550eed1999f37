"""The policy of the newsroom's pages: no inline script but those whose hash stands in it."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.contrib.auth.models import Group
from django.template import Context, Template
from django.template.loader import get_template
from django.test import Client
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts import roles, starting
from tamizdat.accounts.models import User
from tests import writing
from tests.signing_in import sign_in

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)


@pytest.fixture
def client_of_all(editor: User) -> Client:
    editor.groups.add(Group.objects.get(name=roles.OPERATORS))
    return sign_in(Client(), editor)


def inline_scripts(page: str) -> set[str]:
    """Return the hashes of what a browser would run of a page's own text."""
    found = set()
    for each in SCRIPT.finditer(page):
        is_data = "json" in each["attributes"] or "text/" in each["attributes"].replace(
            "text/javascript", ""
        )
        if "src=" not in each["attributes"] and not is_data:
            digest = hashlib.sha256(each["text"].encode()).digest()
            found.add(f"'sha256-{base64.b64encode(digest).decode()}'")
    return found


def test_every_inline_script_that_is_left_is_named_by_its_hash(
    client_of_all: Client, newsroom: dict[str, Any], photo: Any
) -> None:
    story = writing.draft(newsroom["en"])
    left = set()
    for path in (
        f"pages/{story.pk}/edit/",
        f"images/{photo().pk}/",
        "images/add/",
        "media/audio/add/",
        "media/video/add/",
        f"localize/submit/page/{story.pk}/",
        f"pages/{story.pk}/copy/",
        "workflows/add/",
        "users/new/",
        "account/",
        "account/locks/",
        "second-factor/new/",
        "requests/",
        "reports/site-history/",
        "pages/search/",
        "images/chooser/",
        "choose-page/",
    ):
        answer = client_of_all.get(f"/admin/{path}")
        assert answer.status_code == 200, path
        left |= inline_scripts(answer.content.decode())
    left |= inline_scripts(translators_script())
    allowed = set(ours.CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"])
    assert left == {each for each in allowed if each.startswith("'sha256")}


def translators_script() -> str:
    """Return the script of wagtail-localize's editor, as it stands in its page."""
    name = "wagtail_localize/admin/edit_translation.html"
    source = Path(get_template(name).origin.name).read_text(encoding="utf-8")
    found = next(each[0] for each in SCRIPT.finditer(source) if "chooserUrls" in each[0])
    return Template(found).render(Context())


def test_the_policy_is_on_every_answer_and_lets_no_script_in(client_of_all: Client) -> None:
    for path in ("/admin/", "/admin/login/", "/admin/nothing/", "/uploads/images/no.png", "/"):
        policy = client_of_all.get(path).headers["Content-Security-Policy"]
        parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert parts["default-src"] == parts["object-src"] == parts["base-uri"] == "'none'"
        assert parts["form-action"] == parts["frame-ancestors"] == "'self'"
        assert "unsafe" not in parts["script-src"]


def test_other_headers_refuse_what_nobody_needs(client_of_all: Client) -> None:
    headers = client_of_all.get("/admin/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_over_https_a_browser_comes_back_by_https_alone(
    client_of_all: Client, settings: DjangoSettings
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    age = client_of_all.get("/admin/login/").headers["Strict-Transport-Security"]
    assert int(age.split("=")[1].split(";")[0]) >= 31_536_000


def test_a_choosers_script_becomes_data_that_ends_no_element() -> None:
    script = 'new Chooser("id_a", {"title": "</script><script>alert(1)//"});'
    data = starting.as_data(script)
    assert data.count("</script>") == data.count("<script") == 1
    assert 'data-starts="Chooser"' in data


def test_a_chooser_that_is_started_otherwise_is_not_passed_over() -> None:
    with pytest.raises(starting.UnknownStart, match="expected one call"):
        starting.as_data("var a = 1; new Chooser(a);;")
