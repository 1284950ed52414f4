"""Where it is kept and how it is asked: files, store, queries. Never imports Flask."""
