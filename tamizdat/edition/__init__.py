"""What an edition is: a tree of natural paths and complete files. No Django, no network."""
