"""Write the admin's search index anew (another name of update_index)"""

from tamizdat.serving.management.commands.update_index import Command

__all__ = ["Command"]
