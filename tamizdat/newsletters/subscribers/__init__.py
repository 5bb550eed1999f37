"""Who asked for which newsletter, and the forms to say so."""
