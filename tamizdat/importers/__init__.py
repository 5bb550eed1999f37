"""An old archive -> stories.

Promises: whatever is read here becomes an `Article`, a plain value that says what the source
says and no more. What the source does not say (who wrote it, when) stays empty and is asked of
the editor; nothing is guessed. Turning an `Article` into a draft story is another module's work.
"""
