"""Who asks, and what they may do: roles, tokens and people's logins."""
