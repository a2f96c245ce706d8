"""Regular expressions over text files: all of all queries in one scan of each file.

`engine` scans; `search` tells which expressions may match in a text, by `literals` that must stand in it; `database`
keeps what Hyperscan compiled; `classes` joins kinds of files to one search. `probe` answers queries from the hits;
`asking` is what it shares with other probes that look for patterns of their own.
"""
