"""First floor: the idea of an opinion, how facts are read into goodwill. Imports `domain` only."""
