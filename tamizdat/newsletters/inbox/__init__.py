"""Mail that comes in, and lists of subscribers that come and go."""
