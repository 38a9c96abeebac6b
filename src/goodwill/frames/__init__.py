"""What the edges share: entries as the columns of a frame. Imports the ground and, where a frame is made, pyarrow."""
