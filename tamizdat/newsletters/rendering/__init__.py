"""An issue as mail: values (``letters``), HTML (``page``) and plain text (``plain``) of the same
words, and what an editor is told of it before it goes (``checking``).

Nothing here knows of Django or of a subscriber: an issue is rendered once for a language and a
variant. What differs from one person to the next stands in it as a placeholder (``placeholders``).
"""
