"""Every address of the newsroom's door, as every role: nobody gets further than the matrix says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as settings_of_all
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import transaction
from django.template.backends.django import Template
from django.test import Client
from pytest_django import Settings as DjangoSettings
from wagtail.documents.models import Document
from wagtail.models import Collection, Locale, Site, Task, UploadedFile, Workflow
from wagtail_localize.models import Translation, TranslationSource

from tamizdat.accounts import roles
from tamizdat.accounts.models import TwoPersonRequest, User
from tamizdat.contributions.giving.models import OtherWay
from tamizdat.databases import PEOPLE
from tamizdat.stories.filing import month_of
from tamizdat.stories.models import Photo, Recording
from tests import writing
from tests.accounts import matrix
from tests.conftest import NOW
from tests.contributions.appeals import writing as asks
from tests.newsletters import writing as letters
from tests.signing_in import sign_in

URLCONF = "tamizdat.urls.newsroom"
FILE = matrix.HERE / "matrix.txt"
GROUPS = {
    "writer": roles.WRITERS,
    "editor": roles.EDITORS,
    "newsletters": roles.NEWSLETTER_EDITORS,
    "fundraiser": roles.FUNDRAISERS,
    "operator": roles.OPERATORS,
}
PLAIN = {
    "content_type_app_name": "stories",
    "content_type_model_name": "story",
    "app_label": "stories",
    "model_name": "story",
    "app_name": "taggit",
    "language": "en",
    "name": "drafts",
    "action": "delete",
    "action_name": "copy",
    "filter_spec": "original",
    "media_type": "audio",
    "mode": "",
    "revision_id_a": "earliest",
    "revision_id_b": "latest",
    "path": "images/nothing.png",
    "deed": "stop",
    "uidb64": "MQ",
    "token": "set-password",
    "what": "days",
    "ending": "csv",
    "provider": "sandbox",
    "country": "GE",
    "part": "tax",
}
# What a keyword means at one address, and what such an address has to be asked behind its "?".
BY_NAME = {
    ("wagtailadmin_pages:workflow_action", "action_name"): "approve",
    ("wagtailadmin_pages:collect_workflow_action_data", "action_name"): "approve",
    ("wagtailadmin_tag_model_autocomplete", "model_name"): "tag",
    ("wagtailadmin_workflows:add_task", "app_label"): "wagtailcore",
    ("wagtailadmin_workflows:add_task", "model_name"): "groupapprovaltask",
    ("wagtail_bulk_action", "app_label"): "wagtailcore",
    ("wagtail_bulk_action", "model_name"): "page",
    ("wagtail_localize:edit_string_translation", "string_segment_id"): "1",
}
ASKED = {
    "wagtail_bulk_action": "?id={page_id}",
    "wagtailadmin_api:pages:find": "?id={page_id}",
    "wagtailadmin_api:images:find": "?id={image_id}",
    "wagtailadmin_api:documents:find": "?id={document_id}",
}


@pytest.fixture
def things(
    newsroom: dict[str, Any], photo: Callable[..., Any], settings: DjangoSettings
) -> dict[str, dict[str, Any]]:
    """Make what the addresses are about; return values of keywords, by object and keyword."""
    home = newsroom["en"]
    month = month_of(home, NOW)
    other = User.objects.create_user("other", password="a long enough password")
    story = writing.draft(home, "The dam", owner=other)
    mine = writing.draft(home, "The weir")
    revision = story.save_revision()
    collection = Collection.get_first_root_node().add_child(name="Elsewhere")
    letter = letters.newsletter(home)
    ask = asks.appeal(home, goal=asks.goal())
    money = asks.payment()
    way = OtherWay.objects.create(country="GE", lawful_on=NOW.date(), until=NOW.date())
    settings.PROVIDERS = ["sandbox"]
    times = {"asked_at": NOW, "due_at": NOW, "expires_at": NOW.replace(year=2030)}
    asked = TwoPersonRequest.objects.create(kind="addresses", asked_by=other, **times)
    # Hidden in the menu and served nowhere: where a page wants to name its address, it fails (500).
    document = Document.objects.create(title="Minutes", file=ContentFile(b"a", "minutes.txt"))
    bell = Recording(title="Bell", file="media/bell.mp3", type="audio", duration=1)
    (recording,) = Recording.objects.bulk_create([bell])  # its bytes are not asked for
    # Booked to the newsroom, whose mask every member of staff wears there: it is everybody's.
    waiting = UploadedFile.objects.create(
        for_content_type=ContentType.objects.get_for_model(Photo),
        file=ContentFile(b"a", "a.png"),
        uploaded_by_user=other,
    )
    source, _ = TranslationSource.update_or_create_from_instance(story)
    translation = Translation.objects.create(
        source=source, target_locale=Locale.objects.get(language_code="ru")
    )
    translation.save_target(publish=False)
    review = Workflow.objects.get().start(story, other).current_task_state
    by_space = {
        "wagtailusers_users": other.pk,
        "wagtailusers_groups": Group.objects.get(name=roles.WRITERS).pk,
        "wagtailadmin_collections": collection.pk,
        "wagtailadmin_workflows": Workflow.objects.get().pk,
        "wagtaillocales": Locale.objects.get(language_code="ru").pk,
        "wagtailsites": Site.objects.get().pk,
        "wagtailsnippets_appeals_appeal": ask.pk,
        "wagtailsnippets_appeals_goal": ask.goal.pk,
        "wagtailimages_chooser": photo().pk,
        "wagtailadmin_api:images": photo("weir").pk,
        "wagtailadmin_api:documents": document.pk,
        "wagtaildocs_chooser": document.pk,
    }
    common = {
        "parent_page_id": month.pk,
        "page_to_move_id": story.pk,
        "destination_id": month.pk,
        "image_id": by_space["wagtailimages_chooser"],
        "collection_id": collection.pk,
        "task_id": Task.objects.get().pk,
        "revision_id": revision.pk,
        "request_id": asked.pk,
        "account_id": other.pk,
        "document_id": document.pk,
        "doc_id": document.pk,
        "media_id": recording.pk,
        "uploaded_file_id": waiting.pk,
        "task_state_id": review.pk,
        "translation_id": translation.pk,
        "object_id": story.pk,
        "story_id": story.pk,
        "newsletter_id": letter.pk,
        "payment_id": money.pk,
        "way_id": way.pk,
        "issue_id": letters.issue(letter, [story]).pk,
        **PLAIN,
    }
    return {
        "spaces": by_space,
        "common": common,
        "theirs": {"page_id": story.pk, "page_pk": story.pk, "pk": story.pk},
        "mine": {
            "page_id": mine.pk,
            "page_pk": mine.pk,
            "pk": mine.pk,
            "revision_id": mine.save_revision().pk,
        },
    }


def rows_to_be() -> Iterator[tuple[str, matrix.Route, str]]:
    for route in matrix.routes(URLCONF):
        of_page = "page_id" in route.keywords
        for thing in ("theirs", "mine") if of_page else ("-",):
            for method in matrix.METHODS:
                yield method, route, thing


def values_for(things: dict[str, dict[str, Any]], thing: str) -> matrix.Values:
    def value(name: str, keyword: str) -> str:
        space = name.rpartition(":")[0]
        own = things["theirs" if thing == "-" else thing]
        if keyword in ("pk", "workflow_pk") and space in things["spaces"]:
            return str(things["spaces"][space])
        if (name, keyword) in BY_NAME:
            return BY_NAME[name, keyword]
        if keyword == "session_id":
            return "1"
        return str({**things["common"], **own}.get(keyword, "1"))

    return value


@pytest.fixture
def member(newsroom: dict[str, Any], things: dict[str, Any]) -> Callable[[str], Client]:
    """Return a maker of clients in a role; a member's own story is the one called "mine"."""

    def enter(role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role == "anonymous":
            return client
        user = User.objects.create_user(role, password="a long enough password")
        user.groups.add(Group.objects.get(name=GROUPS.get(role, roles.EDITORS)))
        from tamizdat.stories.models import Story

        Story.objects.filter(pk=things["mine"]["page_id"]).update(owner=user)
        sign_in(client, user)
        if role == "half":
            session = client.session
            del session["otp_device_id"]
            session.save()
        return client

    return enter


def asked(route: matrix.Route, things: dict[str, Any], thing: str) -> str:
    """Return what is asked for at an address."""
    own = {**things["common"], **things["theirs" if thing == "-" else thing]}
    return route.path(values_for(things, thing)) + ASKED.get(route.name, "").format(**own)


def walk(client: Client, things: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    """Ask for everything; nothing that is done stays done."""
    found, kept = {}, {name: each.value for name, each in client.cookies.items()}
    for method, route, thing in rows_to_be():
        path = asked(route, things, thing)
        client.cookies.clear()  # one of the addresses signs out
        client.cookies.load(kept)
        with transaction.atomic():
            answer = client.get(path) if method == "GET" else client.post(path)
            found[method, route.pattern or "-", thing] = matrix.kind_of(answer)
            transaction.set_rollback(True)
    return found


@pytest.mark.django_db(databases=["default", PEOPLE])
@pytest.mark.long
@pytest.mark.parametrize("role", matrix.ROLES)
def test_each_role_is_answered_as_the_matrix_says(
    role: str,
    member: Callable[[str], Client],
    things: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    settings: DjangoSettings,
) -> None:
    # Who may is decided before a page is drawn; drawing some thousand would take minutes.
    monkeypatch.setattr(Template, "render", lambda *_, **__: "")
    found = walk(member(role), things)
    if os.environ.get("RENEW_MATRIX"):
        renew(role, found)
    column = matrix.ROLES.index(role)
    pinned = {row.key: row.answers[column] for row in matrix.read(FILE)}
    other = {key: (pinned.get(key), now) for key, now in found.items() if pinned.get(key) != now}
    assert other == {}


def test_every_address_has_its_rows_and_every_row_an_address() -> None:
    there = {(method, route.pattern or "-", thing) for method, route, thing in rows_to_be()}
    rows = matrix.read(FILE)
    pinned = {row.key for row in rows}
    assert there - pinned == set(), "addresses that nobody has looked at: see CONTRIBUTING.md"
    assert pinned - there == set(), "rows of addresses that are gone"
    assert len(rows) == len(pinned)
    assert all(len(row.answers) == len(matrix.ROLES) for row in rows)


OUTSIDE = {  # what is open to those who are not signed in: the door itself, and no word of anybody
    "-",
    "admin/sprite/",
    "admin/login/",
    "admin/jsi18n/",
}


def test_outside_there_is_the_door_and_nothing_else() -> None:
    for row in matrix.read(FILE):
        if row.pattern not in OUTSIDE:
            assert row.answers[0] in ("login", "no", "404", "405"), row


def test_half_inside_there_are_the_locks_and_nothing_else() -> None:
    for row in matrix.read(FILE):
        is_lock = row.pattern.startswith("admin/second-factor/") or row.pattern == "admin/logout/"
        if row.pattern not in OUTSIDE and not is_lock:
            assert row.answers[1] == "lock", row


def renew(role: str, found: dict[tuple[str, str, str], str]) -> None:
    """Put a role's answers into the file; rows come in the resolver's order."""
    old = {row.key: row for row in matrix.read(FILE)} if FILE.exists() else {}
    column, rows = matrix.ROLES.index(role), []
    for key, now in found.items():
        answers = list(old[key].answers) if key in old else ["?"] * len(matrix.ROLES)
        answers[column] = now
        rows.append(matrix.Row(*key, tuple(answers)))
    matrix.write(FILE, rows)


# The desk has no roles: everybody is a stranger there, and its own tests walk it (tests/desk). What
# a stranger can ask for at all is looked through here, as the newsroom's addresses are.
DESK = {
    *("work.js", "robots.txt", "", "me/", "me/asked/", "^me/(?P<token>[A-Za-z0-9_-]{22})/$"),
    *("subscribe/", "subscribe/asked/", "^confirm/(?P<token>[A-Za-z0-9_-]{22})/$"),
    *("give/", "^give/thanks/(?P<token>[A-Za-z0-9_-]{1,120})/$"),
    *("give/remind/", "^give/remind/stop/(?P<token>[A-Za-z0-9_-]{1,120})/$"),
    *("letters/back/", "^letters/(?P<token>[A-Za-z0-9_-]{43})/$"),
    "^leave/(?P<token>[A-Za-z0-9_-]{43})$",
    "^transfer/(?P<contribution>[0-9a-f]{32})/$",
    *("hooks/<slug:provider>/", "^hooks/(?P<provider>sandbox|stripe|paypal|btcpay)/$"),
    *("supporters/", "supporters/asked/", "supporters/back/"),
    "^supporters/open/(?P<token>[A-Za-z0-9_-]{22})/$",
    "^supporters/stop/(?P<token>[A-Za-z0-9_-]{43})$",
    *(f"^supporters/{each}/(?P<number>[0-9a-f]{{32}})/$" for each in ("gift", "receipt")),
    "^supporters/year/(?P<year>20[0-9]{2})/$",
}


def test_the_desk_answers_what_was_looked_through_and_nothing_else() -> None:
    found = {route.pattern for route in matrix.routes("tamizdat.urls.desk")}
    languages = {code for code, _ in settings_of_all.LANGUAGES}
    assert {_without(language, each) for each in found for language in _of(each, languages)} == DESK


def _of(pattern: str, languages: set[str]) -> set[str]:
    """Return the language whose prefix a pattern has; "": the first one, which has none."""
    return {each for each in languages if pattern.lstrip("^").startswith(f"{each}/")} or {""}


def _without(language: str, pattern: str) -> str:
    return pattern.replace(f"{language}/", "", 1) if language else pattern
