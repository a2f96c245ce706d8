"""The rule language: a documented subset of CEL, evaluated with three values (see docs/rule-language.md).

Pure and bounded: an expression reads only the plain values it is given, never an attribute of a Python object.
"""

from aiaudit.model.types import Unknown
from aiaudit.rules.errors import RuleError
from aiaudit.rules.language import Expression, compile, evaluate
from aiaudit.rules.template import Template, choice, template
from aiaudit.rules.values import Budget, Evaluation, Failed, Incomplete, open_list

__all__ = [
    "Budget",
    "Evaluation",
    "Expression",
    "Failed",
    "Incomplete",
    "RuleError",
    "Template",
    "Unknown",
    "choice",
    "compile",
    "evaluate",
    "open_list",
    "template",
]
