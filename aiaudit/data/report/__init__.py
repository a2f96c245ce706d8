"""The profile for people: what is wrong first, then a line a column; on a terminal, as a page, as Markdown."""
