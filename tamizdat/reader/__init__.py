"""What a reader's browser gets: templates, styles, the worker, and the door that serves them."""
