"""The extractor we did not write: trafilatura's vote on what is the story.

Promises: `main_words` returns the words trafilatura takes for the story, and nothing else of its
findings. Its metadata is never asked for: htmldate guesses a date where a page states none
(docs/decisions/0004). Whatever goes wrong inside it, the answer is an empty vote.
"""

import copy
import logging
import re

import trafilatura

from tamizdat.importers.dom import Element

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def main_words(tree: Element) -> str:
    """Return the letters and digits of the story as trafilatura sees it, run together."""
    try:
        found = trafilatura.bare_extraction(
            copy.deepcopy(tree),
            favor_recall=True,
            include_comments=False,
            include_tables=True,
            include_images=False,
            include_links=False,
            with_metadata=False,
        )
    except Exception:  # hostile input in foreign code: no vote is a fair answer
        return ""
    text = getattr(found, "text", None) or ""
    return run_together(text)


def run_together(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
