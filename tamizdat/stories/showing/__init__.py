"""From what editors wrote to what a page says (``tamizdat.reader.pages``).

The bake and the preview both come through here. Every thing that a page shows is named to the
``Trace`` as it is shown: those names become the dependency rows. What pages show is read into a
``Stock``, for many pages at once.
"""

from tamizdat.stories.showing.assets import Assets, Use
from tamizdat.stories.showing.context import Showing
from tamizdat.stories.showing.stock import Stock
from tamizdat.stories.showing.trace import Trace

__all__ = ["Assets", "Showing", "Stock", "Trace", "Use"]
