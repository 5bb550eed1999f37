"""How the pictures of the sample newsroom are drawn.

An authoring tool: nothing in Tamizdat imports it. It needs numpy, scipy and Pillow;
`draw.py` beside this folder says how to run it.
"""
