"""Who may give what: rules that speak of a request, and what they would have said of the past."""
