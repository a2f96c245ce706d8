"""The interview: what no file can show is asked of people, and written to `attestations.yaml`.

`questions` chooses what to ask and in which order, `answers` reads and writes the file, `session` asks on a terminal,
and `sheets` carries the questions out to a spreadsheet and the answers back.
"""
