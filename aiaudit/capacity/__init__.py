"""Capacity: whether a model fits the hardware, how fast it can go, and when growth exhausts it.

Pure arithmetic on declared or read figures: no framework, no network. Bytes are integers; every term of a sum carries
its formula, its inputs and where they come from, with a low, an expected and a high value.
"""
