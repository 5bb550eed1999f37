#!/usr/bin/env python
"""Django's door to the same commands as ``tamizdat``."""

from tamizdat.cli import main

if __name__ == "__main__":
    main()
