"""Which constructs of this version take over what exists: those with the parameter `adopt`.

Their code is read and not imported: that would start the CDK, which an operator may not have.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

_PARAMETER = "adopt"
_FILES = {
    "AudienceModel": "audience_model/construct.py",
    "ConfiguredAudienceModel": "configured_audience_model/construct.py",
    "ConfiguredAudienceModelAssociation": "association/construct.py",
    "ConfiguredAudienceModelPolicy": "configured_audience_model/resource_policy.py",
}


@cache
def takes_over(construct: str) -> bool:
    """Whether a construct has the parameter."""
    tree = ast.parse((Path(__file__).parents[1] / _FILES[construct]).read_text(encoding="utf-8"))
    return any(
        argument.arg == _PARAMETER
        for class_ in tree.body
        if isinstance(class_, ast.ClassDef) and class_.name == construct
        for function in class_.body
        if isinstance(function, ast.FunctionDef) and function.name == "__init__"
        for argument in function.args.kwonlyargs
    )
