"""Regular expressions over text files: all of all queries in one scan of each file.

`groups` is what queries ask; `engine` scans, and `hits` looks for the places. `search` tells which expressions may
match in a text, by `literals` that must stand in it or as Hyperscan takes them (`wider`); `compiled` is what a wheel
carries, or the cache keeps, of a search; `classes` joins kinds of files to one that is made here, `shipped` are those
of the wheel. `sets` are patterns by themselves. `probe` answers queries from the hits; `asking` is what it shares with
other probes that look for patterns of their own.

Before it is searched, a text is put into one layout (`one_line`, by the `layouts` of languages), Python without what
says nothing (`plain_python`), notebooks as their `cells`, YAML in braces as a block (`flow_yaml`).
"""
