"""The sample newsroom: *The Lantern*, invented, in three languages.

The folder holds texts (TOML), drawn pictures and two recordings; ``build`` makes a newsroom of
them. Ages are relative: the sample is always some days old.
"""
