"""The bureau's work in plain Python: what the API and the command line call. Knows no Flask."""
