"""Questions: what is nearest, what is inside."""
