"""Every concession of a period, appraised at its own instant."""
