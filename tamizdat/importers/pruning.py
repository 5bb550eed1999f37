"""What of a page's mark-up is furniture by its own account: navigation, forms, boxes, notices.

Rules: an element goes by its tag, its role, or the words of its class and id; never one that
holds the page's prose, for themes write "newsletter-enabled" and "has-sidebar" on the body.
"""

import re

from tamizdat.importers.dom import Element, drop, tag, text_of, tokens
from tamizdat.importers.lines import words

TAGS = words(
    "script style template nav form button select textarea input dialog iframe object embed svg"
    " canvas audio video map menu amp-consent amp-sidebar amp-ad amp-embed amp-list amp-analytics"
    " amp-social-share amp-iframe amp-video amp-youtube gdpr-consent"
)
ROLES = words(
    "navigation complementary dialog alertdialog search contentinfo menu menubar toolbar tablist"
    " banner form alert"
)
# One of these words is enough; a pair stands for both in one element.
WORDS = words(
    "nav navbar navigation menu breadcrumb breadcrumbs crumbs sidebar widget widgets cookie cookies"
    " consent gdpr ccpa"
    " newsletter newsletters subscribe subscription signup mailchimp paywall donate"
    " donation donations appeal contribute crowdfunding share sharing sharedaddy addtoany addthis"
    " social socials socialbar likes comment comments disqus respond replies related relatedposts"
    " recommended recommendation recommendations recirc outbrain taboola mgid promo promoted"
    " sponsored sponsor advert adverts advertisement advertising adsbygoogle banner popup modal"
    " overlay lightbox toolbar pagination pager prevnext tagcloud tags trending popular bookmark"
    " subscribebox readmore tooltip toast skiplink jumplink pullquote printfriendly"
)
PAIRS = (
    {"read", "more"},
    {"read", "also"},
    {"read", "next"},
    {"most", "read"},
    {"more", "stories"},
    {"more", "news"},
    {"see", "also"},
    {"sign", "up"},
    {"post", "nav"},
    {"author", "bio"},
    {"author", "box"},
    {"about", "author"},
    {"tag", "links"},
    {"tags", "links"},
    {"cat", "links"},
    {"support", "us"},
    {"cta", "block"},
    {"inline", "links"},
    {"site", "header"},
    {"site", "footer"},
    {"embed", "note"},
    {"visually", "hidden"},
    {"sr", "only"},
    {"screen", "reader"},
)
SPARED = frozenset({"html", "body", "main", "article"})
HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.I)
MOST_PROSE = 0.3  # share of the page's prose beyond which an element is no furniture


def prune(tree: Element) -> None:
    """Take the furniture out of the tree, in place."""
    whole = max(1, _prose(tree))
    for element in [e for e in tree.iter() if _is_furniture(e)]:
        if _is_inside(element, tree) and _prose(element) <= MOST_PROSE * whole:
            drop(element)


def _is_furniture(element: Element) -> bool:
    name = tag(element)
    if not name or name in SPARED or name == "head":
        return False
    if name in TAGS or _is_by_role(element) or _is_hidden(element):
        return True
    if name in ("aside", "footer", "header"):
        return _is_frame(element, name)
    words = tokens(element)
    return bool(words & WORDS) or any(pair <= words for pair in PAIRS)


def _is_frame(element: Element, name: str) -> bool:
    """An aside is beside the story; a header or footer is the page's unless the story holds it."""
    if name == "aside":
        return True
    around = {tag(a) for a in element.iterancestors()}
    if name == "footer":
        return not around & {"blockquote", "figure"}
    return not around & {"article", "main"} and not any(True for _ in element.iter("h1"))


def _is_by_role(element: Element) -> bool:
    return (element.get("role") or "").lower() in ROLES


def _is_hidden(element: Element) -> bool:
    style = element.get("style") or ""
    return element.get("hidden") is not None or bool(HIDDEN.search(style[:500]))


def _is_inside(element: Element, tree: Element) -> bool:
    """Say whether the element is still in the tree: its box may have gone before it."""
    return element is tree or any(above is tree for above in element.iterancestors())


def _prose(element: Element) -> int:
    """Count the letters of sentences: what stands in links and short labels is none."""
    if tag(element) in TAGS:
        return 0
    texts = (t for t in re.split(r"(?<=[.!?؟。])\s", text_of(element)) if len(t) > 60)
    return sum(len(t) for t in texts)
