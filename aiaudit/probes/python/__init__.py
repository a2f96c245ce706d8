"""The Python code engine: one parse a file, names resolved, everything that all queries ask found in one pass.

`source` turns bytes (also a notebook's) into a syntax tree; `module` knows its scopes and what their names are bound
to; `resolve` gives expressions their qualified names and constants; `match` compiles the patterns of all queries;
`calls` and the other extractors write records; `engine` runs them; `project` joins files by the project's own imports.
"""
