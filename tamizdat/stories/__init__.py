"""Write: what editors make, from the first draft to what a page says."""
