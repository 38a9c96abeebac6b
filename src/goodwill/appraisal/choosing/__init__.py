"""What to give whom, now or later: one account, or all of them within a budget."""
