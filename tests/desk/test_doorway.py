"""What no answer of the desk leaves without, and what its refusals say: nothing of the request."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tamizdat.desk import doorway, views
from tests.desk.conftest import posted

pytestmark = pytest.mark.django_db(databases=["default", "people"])
CANARY = "canary.4711@example.org"


def answers(desk: Client) -> dict[str, Any]:
    """Return one answer of each kind."""
    kind = "application/x-www-form-urlencoded"
    return {
        "form": desk.get("/me/"),
        "asked": desk.get("/fa/me/asked/"),
        "front": desk.get("/"),
        "script": desk.get("/work.js"),
        "robots": desk.get("/robots.txt"),
        "link": desk.get("/me/AAAAAAAAAAAAAAAAAAAAAA/"),
        "gone": posted(desk, "/me/AAAAAAAAAAAAAAAAAAAAAA/", {"do": "see"}),
        "400": desk.post("/me/", "{}", content_type="application/json"),
        "403": posted(
            desk, "/me/AAAAAAAAAAAAAAAAAAAAAA/", {"do": "x"}, **{"sec-fetch-site": "none"}
        ),
        "404": desk.get(f"/ru/{CANARY}"),
        "405": desk.delete(f"/me/?{CANARY}"),
        "413": desk.post("/me/", "a" * 9000, content_type=kind),
    }


def test_every_answer_has_what_protects_its_reader(desk: Client) -> None:
    for name, answer in answers(desk).items():
        for header, value in doorway.HEADERS.items():
            assert answer[header] == value, f"{name}: {header}"
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; "), name
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert not answer.cookies
        assert "Set-Cookie" not in answer


def test_refusals_bear_their_number_and_nothing_of_the_request(desk: Client) -> None:
    for name, answer in answers(desk).items():
        if name.isdigit():
            assert answer.status_code == int(name)
        assert CANARY not in answer.content.decode()
        assert CANARY not in repr(answer.headers)
    assert "Такой страницы нет" in desk.get("/ru/nothing").content.decode()
    assert 'dir="rtl"' in desk.get("/fa/nothing").content.decode()


def test_an_error_names_its_class_to_the_operator_and_nothing_to_the_reader(
    desk: Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*given: Any) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(views, "ask", fail)
    answer = posted(desk, "/me/", {"address": CANARY})
    assert answer.status_code == 500
    assert CANARY not in answer.content.decode()
    said = "".join(capfd.readouterr())
    assert CANARY not in said
    assert "RuntimeError" in said


def test_a_host_that_is_not_ours_is_refused_and_never_repeated(desk: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    answer = desk.get("/me/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_redirects_stay_here(desk: Client) -> None:
    for path in ("/", "/ru/", "/fa/"):
        assert desk.get(path)["Location"] == f"{path}me/"


def test_encryption_is_demanded_for_good_where_there_is_any(desk: Client, settings: Any) -> None:
    assert "Strict-Transport-Security" not in desk.get("/me/")
    settings.DESK_ADDRESS = "https://desk.example"
    assert Client().get("/me/")["Strict-Transport-Security"] == doorway.HSTS


def test_titles_say_nothing(desk: Client) -> None:
    for path, title in (("/me/", "Form"), ("/ru/me/", "Форма"), ("/fa/me/asked/", "فرم")):
        assert f"<title>{title}</title>" in desk.get(path).content.decode()
