"""What a page says about itself to machines: JSON-LD, OpenGraph, microdata, meta elements.

Rules:
- Only the node that describes this page's own story counts: of several articles the one whose
  headline the page shows. Lists of other stories carry dates and names as well.
- The date of publication is taken from fields that mean it. A date of change, a copyright year,
  an address with numbers in it are none.
- Names are handed on as claims. A page may name to machines an author it hides from readers, so
  the caller uses a name only if the page shows it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tamizdat.importers.datelines import Dateline, parse_stamp
from tamizdat.importers.dom import Element
from tamizdat.importers.inline import safe_address

LONGEST_SCRIPT = 500_000
MOST_NODES = 5_000
ARTICLE = re.compile(r"(?:\w*Article|BlogPosting|Report|Review\w*|WebPage)", re.I)
WEAK = re.compile(r"WebPage", re.I)
PUBLISHED = (
    "article:published_time",
    "og:published_time",
    "published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publication_date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "citation_publication_date",
)
TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title")
CLOSED_BY = re.compile(r"\s+[|–—·•»:-]+\s+|\s*[|•»]\s*|:\s+")


@dataclass(frozen=True)
class Metadata:
    """Claims a page makes about itself; `titles` with the surest first."""

    titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: Dateline | None = None
    description: str | None = None
    language: str | None = None
    canonical: str | None = None
    site: str | None = None
    is_article: bool = False


@dataclass
class _Claims:
    nodes: list[dict[str, Any]] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)


def collect(tree: Element) -> Metadata:
    """Gather what the page's head and scripts claim about it."""
    claims = _Claims(list(_linked_data(tree)), _metas(tree))
    title = next((text for e in tree.iter("title") if (text := _title(e))), "")
    node = _own_node(claims.nodes, [title, *(claims.metas.get(k, "") for k in TITLES)])
    metas = claims.metas
    headline = _text(node.get("headline"))
    named = [headline, *(metas.get(key) for key in TITLES), title]
    return Metadata(
        titles=tuple(dict.fromkeys(t for t in named if t)),
        authors=_authors(node, claims),
        published=_published(node, metas),
        description=metas.get("og:description") or metas.get("description"),
        language=_language(tree, node, metas),
        canonical=_canonical(tree, node, metas),
        site=metas.get("og:site_name") or metas.get("application-name"),
        is_article=bool(node) or metas.get("og:type") == "article",
    )


def segments(title: str, site: str | None) -> list[str]:
    """Split "Headline | The Lantern" where titles are joined, without the newsroom's own name."""
    parts = [title, *(p.strip() for p in CLOSED_BY.split(title[:500]))]
    return [p for p in dict.fromkeys(parts) if p and (not site or p.lower() != site.lower())]


def _linked_data(tree: Element) -> Iterator[dict[str, Any]]:
    """Yield every node of the page's JSON-LD, flat; a broken script yields none."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        source = (script.text or "").strip()
        if len(source) > LONGEST_SCRIPT:
            continue
        try:
            yield from _nodes(json.loads(source, strict=False))
        except (ValueError, RecursionError):
            continue


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Walk the top of a JSON-LD document: lists and @graph, not what other stories nest."""
    waiting, seen = [value], 0
    while waiting and seen < MOST_NODES:
        node, seen = waiting.pop(0), seen + 1
        if isinstance(node, list):
            waiting.extend(node[:MOST_NODES])
        elif isinstance(node, dict):
            yield node
            waiting.extend(node[k] for k in ("@graph", "mainEntity") if k in node)


def _own_node(nodes: list[dict[str, Any]], titles: list[str]) -> dict[str, Any]:
    """Choose the article node about this page: the only one, or the one with its title."""
    articles = [n for n in nodes if any(ARTICLE.fullmatch(t) for t in _types(n))]
    strong = [n for n in articles if not any(WEAK.fullmatch(t) for t in _types(n))]
    pool = strong or articles
    if len(pool) > 1:
        pool = [n for n in pool if _is_titled(n, titles)]
    return pool[0] if pool else {}


def _types(node: dict[str, Any]) -> list[str]:
    kind = node.get("@type")
    return [t for t in (kind if isinstance(kind, list) else [kind]) if isinstance(t, str)]


def _is_titled(node: dict[str, Any], titles: list[str]) -> bool:
    headline = _text(node.get("headline")) or _text(node.get("name"))
    if not headline:
        return False
    return any(t and t.lower().startswith(headline.lower()) for t in titles)


def _authors(node: dict[str, Any], claims: _Claims) -> tuple[str, ...]:
    """Return the claimed authors; the newsroom itself, put there by its software, is none."""
    newsroom = {claims.metas.get("og:site_name"), *_people(node.get("publisher"), claims.nodes)}
    named = [*_people(node.get("author"), claims.nodes)]
    named = named or [v for k in ("author", "article:author") if (v := claims.metas.get(k))]
    kept = [n for n in named if n not in newsroom and not n.startswith(("http:", "https:"))]
    return tuple(dict.fromkeys(kept))


def _people(value: Any, nodes: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the names under "author": a text, a node, a list, or a reference to a node."""
    for item in (value if isinstance(value, list) else [value])[:20]:
        if isinstance(item, dict) and "name" not in item and "@id" in item:
            item = next((n for n in nodes if n.get("@id") == item["@id"] and "name" in n), item)
        name = _text(item.get("name")) if isinstance(item, dict) else _text(item)
        if name and not name.startswith(("http:", "https:")):
            yield name


def _published(node: dict[str, Any], metas: dict[str, str]) -> Dateline | None:
    stamps = [_text(node.get("datePublished")), *(metas.get(key) for key in PUBLISHED)]
    return next((read for stamp in stamps if stamp and (read := parse_stamp(stamp))), None)


def _metas(tree: Element) -> dict[str, str]:
    """Return the first content of each named meta element."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        key = (meta.get("property") or meta.get("name") or "").strip().lower()
        value = " ".join((meta.get("content") or "").split())
        if key and value:
            found.setdefault(key, value[:1000])
    return found


def _title(element: Element) -> str:
    """The page's own title: a title inside a drawing (svg) is none."""
    parent = element.getparent()
    is_own = parent is not None and parent.tag in ("head", "html", "body")
    return " ".join((element.text or "").split())[:500] if is_own else ""


def _language(tree: Element, node: dict[str, Any], metas: dict[str, str]) -> str | None:
    found = [tree.get("lang"), tree.get("xml:lang"), _text(node.get("inLanguage"))]
    return next((v for v in [*found, metas.get("og:locale")] if v), None)


def _canonical(tree: Element, node: dict[str, Any], metas: dict[str, str]) -> str | None:
    links = (
        e.get("href") for e in tree.iter("link") if (e.get("rel") or "").lower() == "canonical"
    )
    found = [
        *links,
        metas.get("og:url"),
        _text(node.get("mainEntityOfPage")),
        _text(node.get("url")),
    ]
    return next(
        (a for v in found if v and (a := safe_address(v, None)) and "mailto" not in a), None
    )


def _text(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("@value") or value.get("@id")
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, str):
        return None
    words = re.sub(r"<[^>]*>", "", value[:2000])
    return " ".join(words.split()) or None
