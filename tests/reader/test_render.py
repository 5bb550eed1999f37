from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import MISSING, fields, replace
from itertools import pairwise
from typing import Any

import pytest

from tamizdat.reader.pages import Head, Link, ListPage, Page, Site, StoryPage
from tamizdat.reader.render import render
from tests.reader.markup import Element, read
from tests.reader.sample_pages import (
    bare_pages,
    bare_site,
    bare_story,
    full_pages,
    head,
    site,
    story,
    teaser,
)

FULL = full_pages()
BARE = bare_pages()
EVERY = [*FULL.items(), *((f"bare {name}", page) for name, page in BARE.items())]

each_page = pytest.mark.parametrize("page", [page for _, page in EVERY], ids=[n for n, _ in EVERY])
each_full_page = pytest.mark.parametrize("page", FULL.values(), ids=FULL.keys())
each_bare_page = pytest.mark.parametrize("page", BARE.values(), ids=BARE.keys())


def rendered(page: Page, language: str = "en") -> Element:
    return read(render(page, site(language)))


# Every page


@each_page
def test_a_page_is_sound_html_with_one_main_heading(page: Page) -> None:
    document = rendered(page)
    assert len(document.named("h1")) == 1
    assert len(document.named("main")) == 1
    root = document.named("html")[0].attributes
    assert (root["lang"], root["dir"]) == ("en", "ltr")
    assert document.named("title")[0].text.strip()


@each_page
def test_headings_skip_no_level(page: Page) -> None:
    levels = [int(h.name[1]) for h in rendered(page).every() if re.fullmatch("h[1-6]", h.name)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


@each_page
def test_no_id_stands_twice_and_every_reference_finds_its_id(page: Page) -> None:
    elements = rendered(page).every()
    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    wanted = {element.attributes.get("aria-labelledby") for element in elements} - {None}
    wanted |= {
        element.attributes["href"][1:]
        for element in elements
        if element.attributes.get("href", "").startswith("#")
    } - {""}  # "#" alone: the top of the page
    assert wanted <= set(ids)


@each_page
def test_the_first_link_skips_to_the_content(page: Page) -> None:
    first = rendered(page).named("a")[0]
    assert first.attributes["href"] == "#content"


@each_page
def test_the_same_page_gives_the_same_bytes(page: Page) -> None:
    assert render(page, site()) == render(page, site())


def test_bytes_do_not_depend_on_the_process() -> None:
    program = (
        "import sys; from tests.reader.sample_pages import full_pages, site;"
        "from tamizdat.reader.render import render;"
        "sys.stdout.buffer.write(b''.join(render(p, site()) for p in full_pages().values()))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    }
    assert made == {b"".join(render(page, site()) for page in FULL.values())}


@each_page
def test_no_element_is_empty(page: Page) -> None:
    may_be_empty = {"meta", "link", "img", "source", "track", "td", "input"}
    for where in (site(), bare_site()):
        for element in read(render(page, where)).every():
            is_script = element.name == "script" and "src" in element.attributes
            if element.name and not is_script and element.name not in may_be_empty:
                assert element.children or element.text.strip(), f"<{element.name}> is empty"


@each_page
def test_no_attribute_that_must_say_something_is_empty(page: Page) -> None:
    for where in (site(), bare_site()):
        for element in read(render(page, where)).every():
            for name in {"href", "src", "srcset", "content", "id", "class", "aria-label", "title"}:
                assert element.attributes.get(name) != "", f"<{element.name} {name}> is empty"


def test_a_word_missing_from_a_template_is_an_error() -> None:
    broken = ListPage(head("/galaxy/"), "A list of nothing known", "galaxy", ())
    with pytest.raises(Exception, match="galaxy"):
        render(broken, site())


# What a browser may do


@each_page
def test_nothing_is_loaded_from_another_host(page: Page) -> None:
    for element in rendered(page).every():
        loads = [element.attributes.get(name, "") for name in ("src", "srcset", "poster", "data")]
        if element.name == "link" and element.attributes["rel"] not in ("canonical", "alternate"):
            loads.append(element.attributes["href"])
        for load in loads:
            for address in re.split(r",\s+", load):
                assert address == "" or re.match(r"/[^/]", address), f"loads {address}"


@each_page
def test_no_host_is_named_but_the_public_one_and_those_that_are_linked_to(page: Page) -> None:
    hosts = set(re.findall(rb"(?:https?:)?//([a-z0-9.-]+)", render(page, site())))
    assert hosts <= {b"lantern.example", b"schema.org", b"example.org", b"desk.lantern.example"}


@each_page
def test_there_is_no_inline_script_no_frame_and_no_inline_style(page: Page) -> None:
    document = rendered(page)
    assert not document.named("iframe", "frame", "object", "embed", "base", "noscript")
    for script in document.named("script"):
        kind = script.attributes["type"]
        assert kind == "application/ld+json" or (kind == "module" and not script.text)
    for element in document.every():
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]


def leaving(page: Page) -> list[Element]:
    """Return the forms that lead out of a page."""
    forms = rendered(page).named("form")
    return [form for form in forms if set(form.attributes) & {"action", "method"}]


@each_page
def test_no_form_leads_anywhere_but_to_the_desk(page: Page) -> None:
    for form in leaving(page):
        assert form.attributes["action"] == "https://desk.lantern.example/subscribe/"
        assert form.attributes["method"] == "post"
        assert {e.attributes.get("name") for e in form.named("input")} >= {"address", "consent"}


def test_a_site_without_newsletters_has_no_form() -> None:
    for page in FULL.values():
        html = render(page, replace(site(), sign_up=None))
        assert b"<form method" not in html
        assert b"form-action 'none'" in html


@each_page
def test_the_policy_allows_the_very_style_sheet_and_data_of_the_page_and_own_media(
    page: Page,
) -> None:
    document = rendered(page)
    metas = document.named("meta")
    policy = [m for m in metas if m.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert metas.index(policy[0]) == 1, "the policy comes right after the character set"
    told = dict(part.strip().split(" ", 1) for part in policy[0].attributes["content"].split(";"))
    data = [s for s in document.named("script") if "src" not in s.attributes]
    allowed = [*map(digest, (s.text for s in data)), "'self'"]
    expected = {
        "default-src": "'none'",
        "style-src": digest(document.named("style")[0].text),
        "img-src": "'self'",
        "media-src": "'self'",
        "base-uri": "'none'",
        "form-action": "https://desk.lantern.example" if leaving(page) else "'none'",
        "script-src": " ".join(allowed),
    }
    if page.head.is_indexed or page.head.fetches:
        expected["connect-src"] = "'self'"
    if page.template == "front.html":
        expected["manifest-src"] = "'self'"
    assert told == expected


def policy(page: Page, where: Site) -> str:
    metas = read(render(page, where)).named("meta")
    found = [
        m.attributes["content"] for m in metas if "Policy" in m.attributes.get("http-equiv", "")
    ]
    return found[0]


def test_a_page_without_a_script_allows_none() -> None:
    assert "script-src" not in policy(FULL["not found"], replace(site(), script=""))
    of_a_story = policy(story(), replace(site(), script=""))
    assert re.search("script-src 'sha256-[^']+';", of_a_story)


def test_a_page_fetches_files_only_where_it_says_so_or_search_engines_look() -> None:
    assert "connect-src 'self';" in policy(story(), site())
    hidden = replace(story(), head=replace(story().head, is_indexed=False))
    assert "connect-src" not in policy(hidden, site())
    fetching = replace(hidden, head=replace(hidden.head, fetches=True))
    assert "connect-src 'self';" in policy(fetching, site())


def test_a_page_runs_its_own_scripts_after_that_of_every_page() -> None:
    page = replace(story(), head=replace(story().head, scripts=("/media/search.js",)))
    ran = [s.attributes["src"] for s in rendered(page).named("script") if "src" in s.attributes]
    assert ran == ["/media/page.js", "/media/search.js"]


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@each_page
def test_a_page_tells_no_other_site_where_its_reader_came_from(page: Page) -> None:
    document = rendered(page)
    assert [m.attributes.get("content") for m in document.named("meta")].count("no-referrer") == 1


# Pictures


@each_full_page
def test_every_picture_has_its_size_an_alternative_and_sources_of_every_type(page: Page) -> None:
    for img in rendered(page).named("img"):
        assert {"width", "height", "alt"} <= img.attributes.keys()
    for shown in rendered(page).named("picture"):
        kinds = [source.attributes["type"] for source in shown.named("source")]
        assert kinds == ["image/avif", "image/webp"]
        for child in shown.children:
            widths = child.attributes.get("srcset", "").count("w,") + 1
            assert ("sizes" in child.attributes) == (widths > 1)


def test_a_small_picture_offers_no_file_that_no_screen_needs() -> None:
    teasers = rendered(FULL["topic list"]).named("article")
    assert teasers
    for each in teasers:
        assert each.named("source")[0].attributes["srcset"] == "/media/dam-320.avif"


def test_the_tones_of_a_photo_stand_in_its_place_before_it_comes() -> None:
    document = rendered(story())
    lead = document.named("figure")[0]
    assert lead.named("img")[0].attributes["class"] == "t89a345012"
    rule = ".t89a345012{background:linear-gradient(#89a,#345,#012)}"
    assert document.named("style")[0].text.count(rule) == 1
    assert len(rule) < 200
    for each in rendered(FULL["topic list"]).named("article"):
        assert "class" not in each.named("img")[0].attributes


def test_a_page_without_photos_has_no_rules_for_them() -> None:
    assert "gradient" not in rendered(bare_story()).named("style")[0].text


def test_a_share_picture_is_described() -> None:
    told = {m.attributes.get("property"): m.attributes for m in rendered(story()).named("meta")}
    assert told["og:image:alt"]["content"] == "The dam – The Lantern"


@each_page
def test_every_picture_waits_until_it_is_looked_at_or_left_out(page: Page) -> None:
    assert all(img.attributes["loading"] == "lazy" for img in rendered(page).named("img"))
    assert not any("poster" in video.attributes for video in rendered(page).named("video"))


def test_the_lead_picture_comes_before_the_others() -> None:
    first, *others = rendered(story()).named("picture")
    assert first.named("img")[0].attributes["fetchpriority"] == "high"
    assert not any("fetchpriority" in each.named("img")[0].attributes for each in others)


def test_the_lead_photo_is_described_captioned_and_credited() -> None:
    figure = rendered(story()).named("figure")[0]
    assert figure.named("img")[0].attributes["alt"] == "A dam between dark slopes"
    assert figure.named("figcaption")[0].whole_text() == "The dam in spring. A. Drawer"


# A story


def test_a_story_says_who_when_where_and_how_long() -> None:
    text = " ".join(rendered(story()).named("article")[0].named("header")[0].whole_text().split())
    assert "By Mira Solen, Politics editor and V. Harrow" in text
    assert "Lesk" in text
    assert "23 November 2026, 22:00" in text
    assert "Updated 24 November 2026, 11:30" in text
    assert "6 min read" in text
    assert "Investigation" in text


def test_an_author_without_a_page_is_named_without_a_link() -> None:
    links = {link.whole_text() for link in rendered(story()).named("a")}
    assert "Mira Solen" in links
    assert "V. Harrow" not in links


def test_plain_news_carries_no_label() -> None:
    page = replace(story(), kind="news")
    assert not [e for e in rendered(page).named("p") if e.attributes.get("class") == "kicker"][2:]


def test_an_update_on_the_day_of_publication_is_told_by_its_time_alone() -> None:
    published = story().published
    assert published
    page = replace(story(), updated=published.replace(minute=40))
    assert "Updated 22:40" in rendered(page).whole_text()


def test_a_corrected_story_says_so_above_and_below() -> None:
    document = rendered(story())
    assert "#corrections" in [a.attributes["href"] for a in document.named("a")]
    assert "The dam is 80 metres high, not 90." in document.whole_text()


def test_footnotes_lead_back_to_each_mention() -> None:
    note = replace(story().footnotes[0], references=2)
    document = rendered(replace(story(), footnotes=(note,), body=story().body[1:]))
    back = [a.attributes["href"] for a in document.named("a") if "aria-label" in a.attributes]
    assert back == ["#ref-1-1", "#ref-1-2"]


def test_a_link_card_says_which_host_it_leads_to() -> None:
    assert "Opens outside this site: example.org" in rendered(story()).whole_text()


def test_what_is_heard_can_be_read() -> None:
    document = rendered(story())
    assert [d.named("summary")[0].text for d in document.named("details")] == ["Transcript"] * 2
    assert document.named("track")[0].attributes["src"] == "/media/river.vtt"
    assert {m.attributes["preload"] for m in document.named("audio", "video")} == {"none"}


def test_a_table_scrolls_in_a_named_region_that_takes_the_focus() -> None:
    document = rendered(story())
    region = next(e for e in document.every() if e.attributes.get("role") == "region")
    assert region.attributes["tabindex"] == "0"
    assert region.attributes["aria-labelledby"] == region.named("caption")[0].attributes["id"]
    assert [th.attributes["scope"] for th in region.named("th")] == ["col", "col", "row", "row"]
    assert [td.attributes.get("class") for td in region.named("td")] == ["n", "n"]


OPTIONAL = [
    field.name
    for field in fields(StoryPage)
    if field.default is not MISSING and field.name not in ("template", "schema_type")
]


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_story_stands_without_any_one_thing_and_with_any_one_thing(name: str) -> None:
    nothing: Any = getattr(bare_story(), name)
    without = replace(story(), **{name: nothing})
    with_it = replace(bare_story(), **{name: getattr(story(), name)})
    for page in (without, with_it):
        elements = read(render(page, site())).every()
        assert all(
            element.children or element.text.strip()
            for element in elements
            if element.name in {"p", "ul", "ol", "li", "nav", "section", "span", "h2", "header"}
        )


def test_a_story_without_a_date_shows_and_tells_none() -> None:
    page = replace(story(), published=None, updated=None, corrections=(), related=())
    assert not rendered(page).named("time")
    assert "datePublished" not in render(page, site()).decode()


# Lists and fronts


def test_the_front_names_the_newsroom_in_its_main_heading() -> None:
    assert rendered(FULL["front"]).named("h1")[0].whole_text() == "The Lantern"


def test_an_archive_page_is_numbered_and_leads_to_its_neighbours() -> None:
    document = rendered(FULL["archive page"])
    assert "Page 4" in document.whole_text()
    links = {a.whole_text(): a.attributes["href"] for a in document.named("a")}
    assert links["Older stories"] == "/politics/3/"
    assert links["Newer stories"] == "/politics/"


def test_a_section_does_not_repeat_its_name_on_every_story() -> None:
    kickers = [
        e.whole_text()
        for e in rendered(FULL["section list"]).named("p")
        if e.attributes.get("class") == "kicker"
    ]
    assert "Politics" not in kickers


def test_the_section_that_is_open_is_marked_in_the_navigation() -> None:
    marked = {
        a.whole_text(): a.attributes["aria-current"]
        for a in rendered(story()).named("a")
        if "aria-current" in a.attributes
    }
    assert marked["Politics"] == "true"


def test_an_old_address_forwards_by_itself_and_by_a_link() -> None:
    document = rendered(FULL["redirect"])
    refresh = next(m for m in document.named("meta") if m.attributes.get("http-equiv") == "refresh")
    assert refresh.attributes["content"] == "0; url=/2026/11/dam/"
    assert canonical(document) == "https://lantern.example/2026/11/dam/"
    assert "noindex" in [m.attributes.get("content") for m in document.named("meta")]
    assert "/2026/11/dam/" in [a.attributes["href"] for a in document.named("main")[0].named("a")]


def test_a_page_that_is_not_there_helps_onward_and_claims_no_address() -> None:
    document = rendered(FULL["not found"])
    assert canonical(document) is None
    assert "noindex" in [m.attributes.get("content") for m in document.named("meta")]
    assert "/en/" in [a.attributes["href"] for a in document.named("main")[0].named("a")]


# What machines are told


def canonical(document: Element) -> str | None:
    links = [e for e in document.named("link") if e.attributes["rel"] == "canonical"]
    return links[0].attributes["href"] if links else None


def alternates(document: Element) -> dict[str, str]:
    return {
        e.attributes["hreflang"]: e.attributes["href"]
        for e in document.named("link")
        if e.attributes["rel"] == "alternate"
    }


def test_a_story_names_its_address_and_its_translations() -> None:
    document = rendered(story())
    assert canonical(document) == "https://lantern.example/2026/11/dam/"
    assert alternates(document) == {
        "en": "https://lantern.example/2026/11/dam/",
        "ru": "https://lantern.example/ru/2026/11/dam/",
        "fa": "https://lantern.example/fa/2026/11/dam/",
        "x-default": "https://lantern.example/2026/11/dam/",
    }


def test_a_reader_of_any_other_language_is_sent_to_the_first_language() -> None:
    assert alternates(rendered(story("fa"), "fa"))["x-default"] == "https://lantern.example/en" + (
        "/2026/11/dam/"
    )


def test_a_language_without_a_translation_is_offered_but_not_told_to_machines() -> None:
    top = head("/2026/11/dam/")
    languages = tuple(replace(one, is_translation=False) for one in top.languages)
    document = rendered(replace(story(), head=replace(top, languages=languages)))
    assert alternates(document) == {}
    assert "Русский" in document.whole_text()


def test_a_shared_link_shows_headline_words_and_picture() -> None:
    told = {
        m.attributes["property"]: m.attributes["content"]
        for m in rendered(story()).named("meta")
        if "property" in m.attributes
    }
    assert told["og:type"] == "article"
    assert told["og:title"] == "The dam"
    assert told["og:url"] == "https://lantern.example/2026/11/dam/"
    assert told["og:image"] == "https://lantern.example/media/dam-share.jpg"


def test_a_story_describes_itself_in_schema_terms() -> None:
    document = rendered(replace(story(), schema_type="AnalysisNewsArticle"))
    article, trail = json.loads(document.named("script")[0].text)["@graph"]
    assert article["@type"] == "AnalysisNewsArticle"
    assert article["datePublished"] == "2026-11-23T20:00Z"
    assert article["dateModified"] == "2026-11-24T09:30Z"
    assert article["author"] == [
        {
            "@type": "Person",
            "name": "Mira Solen",
            "url": "https://lantern.example/authors/mira/",
        },
        {"@type": "Person", "name": "V. Harrow"},
    ]
    assert article["image"][0] == "https://lantern.example/media/dam-640.jpeg"
    assert article["correction"][0]["text"] == "The dam is 80 metres high, not 90."
    assert trail["itemListElement"][1]["item"] == "https://lantern.example/politics/"


def test_a_list_describes_itself_as_a_collection() -> None:
    data = json.loads(rendered(FULL["topic list"]).named("script")[0].text)["@graph"]
    assert data[0]["@type"] == "CollectionPage"
    assert data[0]["mainEntity"]["itemListElement"][0]["url"].endswith("/2026/11/story-1/")


@pytest.mark.parametrize("name", ["not found", "redirect"])
def test_a_page_that_is_not_to_be_found_describes_nothing(name: str) -> None:
    kinds = {script.attributes["type"] for script in rendered(FULL[name]).named("script")}
    assert kinds == {"module"}


# Languages


@pytest.mark.parametrize("name", FULL)
def test_a_persian_page_runs_from_right_to_left(name: str) -> None:
    document = rendered(full_pages("fa")[name], "fa")
    root = document.named("html")[0].attributes
    assert (root["lang"], root["dir"]) == ("fa", "rtl")


def test_a_persian_story_shows_both_calendars_in_persian_digits() -> None:
    text = rendered(story("fa"), "fa").whole_text()
    assert "۲ آذر ۱۴۰۵ – ۲۳ نوامبر ۲۰۲۶، ساعت ۲۲:۰۰" in text
    assert "۶ دقیقه مطالعه" in text


def test_a_russian_story_is_dated_in_the_genitive() -> None:
    text = rendered(story("ru"), "ru").whole_text()
    assert "23 ноября 2026, 22:00" in text
    assert "Расследование" in text


def test_an_unknown_language_is_served_with_english_words() -> None:
    document = rendered(replace(story(), related=()), "xx")
    assert document.named("html")[0].attributes["lang"] == "xx"
    assert "Skip to content" in document.whole_text()


def test_each_language_is_named_in_itself() -> None:
    nav = next(
        n for n in rendered(story()).named("nav") if n.attributes["aria-label"] == "Languages"
    )
    assert [(a.attributes["lang"], a.text) for a in nav.named("a")] == [
        ("en", "English"),
        ("ru", "Русский"),
        ("fa", "فارسی"),
    ]
    assert nav.named("a")[0].attributes["aria-current"] == "true"


def test_a_page_in_one_language_offers_no_choice_of_language() -> None:
    page = replace(story(), head=Head("/2026/11/dam/", "The dam"))
    labels = [n.attributes["aria-label"] for n in rendered(page).named("nav")]
    assert "Languages" not in labels


def test_a_teaser_shows_what_it_has() -> None:
    page = replace(FULL["author list"], teasers=(teaser(),))
    more = rendered(page).named("article")[0]
    assert "Feature" in more.whole_text()
    assert "Mira Solen, V. Harrow" in more.whole_text()
    assert more.named("time")[0].attributes["datetime"] == "2026-11-23T20:00Z"
    assert more.named("img")[0].attributes["alt"] == "", "the headline beside it says it all"


def test_what_to_read_next_stands_there_without_pictures() -> None:
    more = rendered(replace(bare_story(), related=(teaser(),))).named("article")[1]
    assert "Story number 1 has a headline" in more.whole_text()
    assert not more.named("img")


def test_links_that_lead_nowhere_are_never_written() -> None:
    page = replace(story(), section=Link("Politics", "/politics/"))
    assert all(a.attributes["href"] for a in rendered(page).named("a"))


# What stands around pages is kept between them


def test_a_site_that_changed_is_shown_as_it_is_now() -> None:
    before = replace(site("en"), notice="Before.", footer=(Link("About", "/about/"),))
    after = replace(before, notice="After.", footer=(Link("About us", "/about/"),))
    assert "Before." in render(story(), before).decode()
    now = render(story(), after).decode()
    assert "After." in now
    assert "About us" in now
    assert "Before." not in now


def test_a_page_is_marked_where_its_surroundings_name_it_and_no_other_is() -> None:
    around = replace(bare_site(), search="/search/", footer=(Link("About", "/about/"),))

    def marked(path: str) -> list[str]:
        page = read(render(replace(bare_story(), head=head(path)), around))
        links = [each.attributes for each in page.named("a") if "aria-current" in each.attributes]
        return [link["href"] for link in links if "hreflang" not in link]

    paths = ("/about/", "/2026/11/a/", "/search/", "/2026/11/b/")
    assert [marked(path) for path in paths] == [["/about/"], [], ["/search/"], []]


def test_a_story_is_marked_in_the_section_that_it_is_in() -> None:
    sections = (Link("Politics", "/politics/"), Link("Culture", "/culture/"))
    around = replace(bare_site(), sections=sections)
    for section in (*sections, *sections):
        page = read(render(replace(bare_story(), section=section), around))
        marked = [e for e in page.named("a") if e.attributes.get("aria-current") == "true"]
        own = [each.attributes["href"] for each in marked if "hreflang" not in each.attributes]
        assert own == [section.url]
