"""Plans from a few words of YAML."""

from __future__ import annotations

from aiaudit.capacity.plan import Plan, plan
from aiaudit.project.config import parse_config
from aiaudit.project.reader import Reader

SMALLEST = """
workload:
  model: {source: llama-3.1-8b}
  hardware: {gpu: H100}
  traffic: {requests_per_second: 3, tokens: {input: 900, output: 250}}
"""


def planned(text: str, root=None, **settings) -> Plan:
    part = parse_config(text.encode()).workload
    if root is None:
        return plan(part, None, **settings)
    with Reader(str(root)) as reader:
        return plan(part, reader, **settings)


def on(gpu: str = "H100", model: str = "llama-3.1-8b", more: str = "", rate: str = "3") -> Plan:
    """The smallest plan on another GPU or model; `more`: further lines of the block."""
    count = "" if "count" in gpu or "replicas" in more or "parallel" in more else ", count: 1"
    text = f"""
workload:
  model: {{source: {model}}}
  hardware: {{gpu: {gpu}{count}}}
  traffic: {{requests_per_second: {rate}, tokens: {{input: 900, output: 250}}}}
{more}
"""
    return planned(text)
