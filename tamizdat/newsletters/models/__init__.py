"""What editors keep of newsletters: the newsletters themselves, and their issues."""

from tamizdat.newsletters.models.issues import Issue, IssueStory
from tamizdat.newsletters.models.letters import Newsletter, NewsletterIndex

__all__ = ["Issue", "IssueStory", "Newsletter", "NewsletterIndex"]
