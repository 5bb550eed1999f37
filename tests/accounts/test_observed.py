"""The newsroom's pages are A+ by Mozilla's published criteria."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse
from pytest_django import Settings as DjangoSettings

from tests.observatory import proxy, score
from tests.signing_in import sign_in


def cookies(answer: Any) -> list[str]:
    return [each.OutputString() for each in answer.cookies.values()]


def test_a_page_of_the_newsroom_scores_a_plus(
    client: Client, editor: Any, settings: DjangoSettings
) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    login = client.get(reverse("wagtailadmin_login"), secure=True)
    assert score({**login.headers, **proxy()}, cookies(login), login.content.decode()) >= 110
    sign_in(client, editor)
    home = client.get(reverse("wagtailadmin_home"), secure=True)
    assert home.status_code == 200
    assert score({**home.headers, **proxy()}, cookies(home), home.content.decode()) >= 110
