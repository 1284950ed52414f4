"""How an extract becomes a file: one module a family of formats."""
