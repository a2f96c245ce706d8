"""The Python code engine: one parse a file, names resolved, everything that all queries ask found in one pass.

`words` and `extract` scan the bytes for what is asked for; `outline` and `trim` blank the functions in which none of it
stands; `source` turns the rest (also a notebook's) into a syntax tree; `module` knows its scopes and what their
names are bound to, `nodes` walks over it; `resolve` gives expressions their qualified names and constants; `match`
compiles the patterns of all queries; `calls` and the other extractors write records; `engine` runs them; `project`
joins files by the project's own imports. The modules `probe_*` answer queries from that, a file for each kind of
question; `asking` is what they share.

A new feature costs no walk of its own where it follows the others. Give it `HITS`, a regular expression (RE2) of what
must stand in a file for it to find anything, as narrow as its rows allow: a function without a mark is not even parsed.
Register it in `extract._FEATURES`; `whole=True` where a mark in a decorator or signature needs the body, `traced=True`
where data is followed from its marks into other functions of the file. Its extractor starts at
`FileView.marked_statements` or `marked_calls`, which look only at the lines with marks; `statements(scope)` is listed
once a scope and `FileView.all_calls` once a file, for all who ask. What other files must know of a file belongs in
`base_record`, and must be found without the bodies that `trim` blanks. When records change, raise `engine.VERSION`.
"""
