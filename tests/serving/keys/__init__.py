"""``tamizdat keys``, on a newsroom with an edition; root keys are sealed with age identities."""
