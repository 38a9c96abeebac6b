"""What an account's claims amount to, beside everybody else's: facts for a person, never a verdict."""
