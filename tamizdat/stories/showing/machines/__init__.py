"""What machines are shown: feeds, sitemaps, and the small files that they look for.

As with pages, everything that such a file shows is named to the trace.
"""
