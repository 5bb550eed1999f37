"""What editors keep of newsletters: newsletters, their issues, and what became of these."""

from tamizdat.newsletters.models.course import Carried, Highlight, Notice, Occasion, WelcomeMail
from tamizdat.newsletters.models.issues import Issue, IssueStory
from tamizdat.newsletters.models.newsletters import Newsletter, NewsletterIndex

__all__ = [
    "Carried",
    "Highlight",
    "Issue",
    "IssueStory",
    "Newsletter",
    "NewsletterIndex",
    "Notice",
    "Occasion",
    "WelcomeMail",
]
