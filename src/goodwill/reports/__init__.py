"""Readings and policies as documents: HTML for a notebook or a mail. Imports what is below it; standard library."""
