"""Files in and out: recognised by content, read in a separate process, judged in words, loaded in one transaction."""
