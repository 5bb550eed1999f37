"""Issues to subscribers, each exactly once."""
