"""Which addresses each door answers."""
