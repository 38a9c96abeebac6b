"""What the edges share: entries as the columns of a frame, and packages whose names are loaded at first need.

Imports the ground and, where a frame is made, pyarrow.
"""
