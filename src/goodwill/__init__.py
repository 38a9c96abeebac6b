"""The front door: a ledger of goodwill, the emotional bank account of every customer."""
