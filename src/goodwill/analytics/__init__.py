"""Edge: frames in, frames out. Imports what is below it, NumPy and narwhals."""
