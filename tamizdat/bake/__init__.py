"""Bake: render what changed into files, and seal them into the next edition."""
