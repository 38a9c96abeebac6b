"""From data to a retention link and a margin: associations, said to be ones."""
