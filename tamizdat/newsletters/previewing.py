"""An issue as its readers' mail programs will show it, from the editor's unsaved form.

The mail is made as for sending. Only what a mail program would do to it is done here, on the
finished text: pictures put in or left out, a dark screen, a narrow one. Links of one's own
(preferences, leaving) lead nowhere.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from html import escape

from django.http import HttpResponse

from tamizdat.newsletters import welcoming
from tamizdat.newsletters.composing import Composed, compose
from tamizdat.newsletters.models.issues import Issue
from tamizdat.newsletters.models.newsletters import Newsletter
from tamizdat.newsletters.rendering import placeholders
from tamizdat.newsletters.rendering.letters import DIGEST, FULL
from tamizdat.reader.voice import voice

PHONE = 390  # CSS pixels
WELCOME = "welcome-"  # begins the modes of a newsletter's series
_IMAGE = re.compile(r'(<img\b[^>]*?\bsrc=")cid:([^"]+)(")')
_WIDE = "(min-width:480px)"
_TARGET = re.compile(r' target="_blank"')


def preview(issue: Issue, mode: str, now: datetime) -> HttpResponse:
    """Show an issue, which may be unsaved; ``mode`` is one of ``Issue.preview_modes``."""
    try:
        made = compose(issue, FULL if mode.startswith("full") else DIGEST, now)
    except placeholders.Unknown as error:
        return _page(f"<p>{escape(f'{error}')}</p>")
    if mode in ("plain", "full-plain"):
        return _page(_plain(made))
    return _answer(seen(made, mode))


def preview_welcome(newsletter: Newsletter, mode: str, now: datetime) -> HttpResponse:
    """Show a mail of a newsletter's series, from the unsaved form; ``mode``: see ``welcomes``."""
    number, _, way = mode.removeprefix(WELCOME).partition("-")
    mails = list(newsletter.welcome.all())
    at = int(number) - 1 if number.isdecimal() else -1
    if not 0 <= at < len(mails):
        return _page("<p>This mail is not there any more. Save the newsletter and look again.</p>")
    try:
        made = welcoming.composed(newsletter, mails[at], now)
    except placeholders.Unknown as error:
        return _page(f"<p>{escape(f'{error}')}</p>")
    return _page(_plain(made)) if way == "plain" else _answer(seen(made, way))


def welcomes(newsletter: Newsletter) -> list[tuple[str, str]]:
    """Return the modes in which a newsletter's series can be looked at."""
    return [
        (f"{WELCOME}{number}{way}", f"Welcome {number}: {mail.subject}{name}")
        for number, mail in enumerate(newsletter.welcome.all(), start=1)
        for way, name in (("", ""), ("-dark", ", at night"), ("-plain", ", plain text"))
    ]


def seen(made: Composed, mode: str) -> str:
    """Return a mail's HTML as a program shows it by day, at night, on a phone, without pictures."""
    html = _TARGET.sub("", placeholders.TOKEN.sub("#", made.html))
    pictures = {} if mode == "bare" else {each.cid: each for each in made.pictures}

    def put_in(found: re.Match[str]) -> str:
        picture = pictures.get(found[2])
        if picture is None:
            return f"{found[1]}data:,{found[3]}"
        data = base64.b64encode(picture.data).decode()
        return f"{found[1]}data:{picture.type};base64,{data}{found[3]}"

    html = _IMAGE.sub(put_in, html)
    night = "all" if mode == "dark" else "not all"
    html = html.replace("(prefers-color-scheme: dark)", night)
    html = html.replace("color-scheme: light dark", f"color-scheme: {_scheme(mode)}")
    if mode == "phone":
        html = html.replace(_WIDE, "(min-width:99999px)")
        html = html.replace(
            "<body", f'<body class="phone"><div style="max-width:{PHONE}px;margin:0 auto"><div', 1
        )
        html = html.replace("</body>", "</div></div></body>", 1)
    return html


def _scheme(mode: str) -> str:
    return "dark" if mode == "dark" else "light"


def _plain(made: Composed) -> str:
    direction = voice(made.letter.language, made.letter.zone).direction
    text = placeholders.TOKEN.sub("https://…", made.text)
    looks = "white-space:pre-wrap;overflow-wrap:anywhere;font:15px/1.5 monospace;max-width:46em"
    return f'<pre dir="{direction}" style="{looks}">{escape(text)}</pre>'


def _page(body: str) -> HttpResponse:
    return _answer(f'<!doctype html><meta charset="utf-8"><title>Preview</title>{body}')


def _answer(html: str) -> HttpResponse:
    response = HttpResponse(html)
    response.headers["Cache-Control"] = "no-store"
    return response
