"""Found a newsroom: languages, tree, roles and the way of approval.

Done again, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Locale,
    Page,
    Site,
    Task,
    Workflow,
)

from tamizdat.accounts.roles import EDITORS, OPERATORS, ROLES, WRITERS
from tamizdat.stories.models import (
    AuthorIndex,
    Home,
    PublicPage,
    TextPage,
    TopicIndex,
)

P = TypeVar("P", bound=PublicPage)

# What operators keep in order, beyond what editors do: people, languages, the way of approval, and
# the things that stories are sorted by. Roles themselves are made here and changed by nobody.
OPERATED = {
    "accounts": "add_user change_user",
    "wagtailcore": (
        "add_workflow change_workflow delete_workflow add_task change_task delete_task "
        "add_collection change_collection delete_collection "
        "add_locale change_locale delete_locale change_site"
    ),
    "wagtail_localize": "submit_translation",
}

# Who makes what else a new newsroom has below each home page (tamizdat.wiring).
MORE: list[Callable[[Home], None]] = []

TITLES = {
    "en": {"authors": "Authors", "topics": "Topics", "about": "About", "privacy": "Privacy"},
    "ru": {
        "authors": "Авторы",
        "topics": "Темы",
        "about": "О нас",
        "privacy": "Конфиденциальность",
    },
    "fa": {
        "authors": "نویسندگان",
        "topics": "موضوع‌ها",
        "about": "دربارهٔ ما",
        "privacy": "حریم خصوصی",
    },
}


def found(name: str, languages: Iterable[str] = ("en",)) -> dict[str, Home]:
    """Make what every newsroom needs and return the home page of each language."""
    codes = list(dict.fromkeys([settings.LANGUAGE_CODE, *languages]))
    with transaction.atomic():
        _roles()  # before MORE, which gives them rights
        homes = {code: _home(name, code, codes[0]) for code in codes}
        for code, home in homes.items():
            titles = TITLES.get(code, TITLES["en"])
            child(home, AuthorIndex, titles["authors"], "authors")
            child(home, TopicIndex, titles["topics"], "topics")
            child(home, TextPage, titles["about"], "about")
            child(home, TextPage, titles["privacy"], "privacy", builtin="privacy")
            for more in MORE:
                more(home)
        _point_site_at(homes[codes[0]], name)
    # Fresh ones: a page that was in hand while it got children would save the wrong number of them.
    return {code: Home.objects.get(pk=home.pk) for code, home in homes.items()}


def _home(name: str, code: str, first: str) -> Home:
    locale, _ = Locale.objects.get_or_create(language_code=code)
    there = Home.objects.filter(locale=locale).first()
    if there is not None:
        return there
    home = Home(title=name, slug=f"home-{code}", locale=locale, live=True)
    original = Home.objects.filter(locale__language_code=first).first()
    if original is not None:
        home.translation_key = original.translation_key
    Page.get_first_root_node().add_child(instance=home)
    return home


def child(home: Home, kind: type[P], title: str, slug: str, **values: Any) -> P:
    """Return the child page with this slug, made where it is missing, tied to its translations."""
    above = Home.objects.get(pk=home.pk)
    there = kind.objects.child_of(above).filter(slug=slug).first()
    if there is not None:
        return there
    page = kind(title=title, slug=slug, locale=home.locale, **{"live": True, **values})
    original = kind.objects.filter(slug=slug).exclude(locale=home.locale).first()
    if original is not None:
        page.translation_key = original.translation_key
    above.add_child(instance=page)
    return page


def _point_site_at(home: Home, name: str) -> None:
    """Let Wagtail's one site begin at our home; its own welcome page goes away."""
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    site.site_name, site.root_page, site.hostname = name, Page.objects.get(pk=home.pk), "localhost"
    site.save()
    Page.objects.filter(depth=2, content_type__model="page", slug="home").delete()


def _roles() -> None:
    """Make the roles (``tamizdat.accounts.roles``) with what each may do."""
    _rename(Group, "Editors", WRITERS, sign="Moderators")
    _rename(Group, "Moderators", EDITORS)
    _rename(Task, "Moderators approval", "Editor")
    _rename(Workflow, "Moderators approval", "Review by an editor")
    root = Page.get_first_root_node()
    page_rights = {
        WRITERS: ["add", "change"],
        EDITORS: ["add", "change", "publish", "lock", "unlock"],
    }
    file_rights = ["add", "change", "choose"]
    for name in ROLES:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(Permission.objects.get(codename="access_admin"))
    for name, codes in page_rights.items():
        group = Group.objects.get(name=name)
        for code in codes:
            permission = Permission.objects.get(
                content_type__app_label="wagtailcore", codename=f"{code}_page"
            )
            GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)
        _let_use_files(group, file_rights)
    operators = Group.objects.get(name=OPERATORS)
    _let_use_files(operators, [*file_rights, "delete"])
    for app, names in OPERATED.items():
        operators.permissions.add(
            *Permission.objects.filter(content_type__app_label=app, codename__in=names.split())
        )


def _let_use_files(group: Group, rights: list[str]) -> None:
    collection = Collection.get_first_root_node()
    wanted = [f"{right}_{model}" for right in rights for model in ("photo", "recording")]
    for permission in Permission.objects.filter(
        content_type__app_label="stories", codename__in=wanted
    ):
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=permission
        )


def _rename(model: type[Group | Task | Workflow], old: str, new: str, *, sign: str = "") -> None:
    """Give one of Wagtail's ready-made things our name for it, once.

    "Editors" is Wagtail's name for our writers: ``sign`` says that the old meaning still stands.
    """
    if sign and not model.objects.filter(name=sign).exists():
        return
    if not model.objects.filter(name=new).exists():
        model.objects.filter(name=old).update(name=new)
