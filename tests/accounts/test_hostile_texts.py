"""Hostile text in every field of the newsroom: no address of the admin lets it become markup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser
from wagtail.models import Comment, CommentReply
from wagtail.rich_text import RichText

from tamizdat.accounts import audit, roles
from tamizdat.accounts.models import User
from tamizdat.databases import PEOPLE
from tamizdat.stories.models import Story
from tests import writing
from tests.accounts.hostile import MARK, PAYLOADS, RICH, markup_in, poison, texts
from tests.accounts.test_matrix import asked as asked_for
from tests.accounts.test_matrix import rows_to_be, things
from tests.browser import chromium, needs_chromium
from tests.doors import beside_a_browser, newsroom_door
from tests.signing_in import sign_in
from tests.sizes import heavy
from tests.stories.desk import Desk

__all__ = ["beside_a_browser", "things"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])

EACH_RUN = 10  # all addresses take minutes; of so many one is asked for in each run
PATIENCE = 60_000  # milliseconds; a test machine may be busy, and this is only a bound
Values = dict[str, dict[str, Any]]
# What the address says is broken: Wagtail's own pages to see how errors look.
LEFT_OUT = ("admin/failwhale/", "admin/test404/")


@pytest.fixture
def poisoned(things: Values, newsroom: dict[str, Any], editor: User, photo: Any) -> Values:
    """A newsroom in which everything that can be called something is called something hostile."""
    editor.groups.add(Group.objects.get(name=roles.OPERATORS))
    editor.is_superuser = True
    editor.save()
    writer = User.objects.create_user("wanda", password="a long enough password")
    writer.groups.add(Group.objects.get(name=roles.WRITERS))
    story = Story.objects.get(pk=things["theirs"]["page_id"])
    author = writing.author(newsroom["en"])
    story.body = [
        ("text", RichText(RICH)),
        ("pull_quote", {"text": PAYLOADS[0], "attribution": PAYLOADS[1]}),
    ]
    story.lead_photo = photo("weir")
    story.save()
    desk = Desk(writer)
    mine = Story.objects.get(pk=things["mine"]["page_id"])
    Story.objects.filter(pk=mine.pk).update(owner=writer)
    desk.save(mine, "submit", bylines=[author.pk])
    state = mine.current_workflow_task_state
    assert state is not None
    task = reverse("wagtailadmin_pages:workflow_action", args=[mine.pk, "reject", state.pk])
    Desk(editor).post(task, {"comment": PAYLOADS[2]})
    said = Comment.objects.create(
        page=story, user=writer, text=PAYLOADS[3], contentpath="title", position=""
    )
    CommentReply.objects.create(comment=said, user=editor, text=PAYLOADS[4])
    with transaction.atomic():
        audit.note("keys.changed", PAYLOADS[0])
    poison()
    for each in Story.objects.all():
        each.save_revision(user=writer, log_action=True)
    return things


def asked(client: Client, values: Values, every: int) -> Iterator[tuple[str, Any]]:
    """Ask for each so-manieth address that there is, plainly and with hostile words behind it."""
    found = [
        asked_for(route, values, thing)
        for method, route, thing in rows_to_be()
        if method == "GET" and route.pattern not in LEFT_OUT
    ]
    kept = {name: each.value for name, each in client.cookies.items()}
    for path in found[::every]:
        client.cookies.clear()
        client.cookies.load(kept)
        mark = "&" if "?" in path else "?"
        for words in (
            "",
            f"{mark}q={PAYLOADS[0]}&p={PAYLOADS[1]}&next={PAYLOADS[3]}&ordering={MARK}",
        ):
            with transaction.atomic():
                yield path + words, client.get(path + words)
                transaction.set_rollback(True)


@pytest.mark.parametrize("every", [EACH_RUN, heavy(1)])
def test_no_address_of_the_newsroom_lets_text_become_markup(
    poisoned: Values, editor: User, every: int
) -> None:
    client = sign_in(Client(raise_request_exception=False), editor)
    shown, wrong = 0, []
    for path, answer in asked(client, poisoned, every):
        text = markup_in(answer)
        shown += "&lt;zq-x" in text
        if MARK in text:
            at = text.index(MARK)
            wrong.append((path, answer.status_code, text[max(0, at - 80) : at + 40]))
    assert wrong == []
    assert shown > 60 // every  # pages that do show it


def test_what_is_typed_into_a_form_and_refused_is_shown_as_text(
    poisoned: Values, editor: User
) -> None:
    client = sign_in(Client(raise_request_exception=False), editor)
    for name in ("username", "first_name", "title", "name", "comment", "text", "q", "file"):
        fields = {name: PAYLOADS[0], "slug": PAYLOADS[1], "next": PAYLOADS[3]}
        for path in (
            reverse("wagtailusers_users:add"),
            reverse("wagtailadmin_collections:add"),
            reverse("wagtailimages:add"),
            reverse("accounts_requests"),
            reverse("accounts_locks"),
            reverse("accounts_prove"),
            reverse("wagtailadmin_workflows:add"),
        ):
            assert MARK not in markup_in(client.post(path, fields)), path


def test_a_files_name_is_shown_as_text_and_kept_as_none(poisoned: Values, editor: User) -> None:
    from tests.stories.test_drawing import halves, written

    client = sign_in(Client(raise_request_exception=False), editor)
    file = SimpleUploadedFile(f"{PAYLOADS[0]}.png", written(halves()).getvalue(), "image/png")
    headers = {"x-requested-with": "XMLHttpRequest"}
    answer = client.post(reverse("wagtailimages:add_multiple"), {"files[]": file}, headers=headers)
    assert MARK not in markup_in(answer)
    broken = SimpleUploadedFile(f"{PAYLOADS[0]}.svg", b"<svg>", "image/svg+xml")
    answer = client.post(
        reverse("wagtailimages:add_multiple"), {"files[]": broken}, headers=headers
    )
    assert MARK not in markup_in(answer)


def test_without_escaping_it_would_be_seen(
    poisoned: Values, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(Client(), editor)
    monkeypatch.setattr("django.template.base.conditional_escape", str)
    assert MARK in markup_in(client.get(reverse("wagtailadmin_home")))


def test_the_texts_of_every_table_were_thought_of(newsroom: dict[str, Any]) -> None:
    from django.apps import apps

    named = {
        f"{model.__name__}.{field.name}" for model in apps.get_models() for field in texts(model)
    }
    assert {
        "Page.title", "Page.draft_title", "Story.standfirst", "Story.lead_caption", "User.username",
        "User.first_name", "Photo.title", "Photo.credit", "Comment.text", "TaskState.comment",
        "Section.description", "Author.role", "Author.bio", "Home.tagline", "Record.thing",
        "Collection.name", "Workflow.name", "Tag.name", "PageLogEntry.label", "Correction.text",
    } <= named  # fmt: skip


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    with newsroom_door() as url:
        yield url


FOUND = "document.querySelectorAll('zq-x, [onerror*=zq], [onload*=zq], [onclick*=zq]').length"


@needs_chromium
@pytest.mark.usefixtures("beside_a_browser")
@pytest.mark.long
@pytest.mark.django_db(databases=["default", PEOPLE], transaction=True)
def test_no_page_of_the_newsroom_lets_it_run_or_become_an_element(
    address: str, poisoned: Values, editor: User, browser: Browser
) -> None:
    story, mine = (poisoned[each]["page_id"] for each in ("theirs", "mine"))
    image = poisoned["common"]["image_id"]
    paths = [
        reverse("wagtailadmin_home"),
        reverse("wagtailadmin_explore_root"),
        reverse("wagtailadmin_explore", args=[poisoned["common"]["parent_page_id"]]),
        reverse("wagtailadmin_pages:edit", args=[story]),
        reverse("wagtailadmin_pages:edit", args=[mine]),
        reverse("wagtailadmin_pages:history", args=[story]),
        reverse("wagtailadmin_pages:workflow_history", args=[mine]),
        reverse("wagtailadmin_pages:revisions_compare", args=[story, "earliest", "latest"]),
        reverse("wagtailimages:index"),
        reverse("wagtailimages:edit", args=[image]),
        reverse("wagtailusers_users:index"),
        reverse("accounts_colleague", args=[poisoned["common"]["account_id"]]),
        reverse("accounts_log"),
        reverse("accounts_requests"),
        reverse("wagtailadmin_reports:site_history"),
        reverse("wagtailadmin_reports:workflow"),
        reverse("wagtailadmin_pages:search") + f"?q={PAYLOADS[0]}",
    ]
    client = sign_in(Client(), editor)
    # With a screen to touch: a script that cuts pictures (Jcrop) finds out whether there is one by
    # a handler of its own, which our policy refuses, and that would be among the complaints.
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    kept = [{"name": n, "value": c.value, "url": address} for n, c in client.cookies.items()]
    context.add_cookies(kept)  # type: ignore[arg-type]  # a TypedDict
    context.add_init_script("window.zq = () => console.error('zq ran')")
    page, complaints, shown = context.new_page(), [], 0
    page.on("console", lambda said: complaints.append(f"{page.url}: {said.text}"))
    page.on("dialog", lambda box: complaints.append(f"{page.url}: a dialog, {box.message}"))
    for path in paths:
        answer = page.goto(f"{address}{path}", timeout=PATIENCE)
        assert answer is not None
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle", timeout=PATIENCE)
        assert page.evaluate(FOUND) == 0, path
        shown += "zq-x" in page.inner_text("body")
    context.close()
    assert [each for each in complaints if "zq" in each.partition(": ")[2] or "nline" in each] == []
    assert shown > len(paths) // 2
