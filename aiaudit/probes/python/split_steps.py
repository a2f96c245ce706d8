"""Steps of preprocessing that learn from the rows they are fitted on: scalers, imputers, encoders of the target, …"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from typing import Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name, root_name
from aiaudit.probes.python.nodes import walk

_OF_A_TOKENIZER: Final = "fit_on_texts"  # of Keras: which words there are, and their ranks
FITTERS: Final = name_set(f"fit fit_transform fit_resample {_OF_A_TOKENIZER}")
_STATELESS: Final = name_set(
    "LabelEncoder LabelBinarizer MultiLabelBinarizer Normalizer FunctionTransformer HashingVectorizer"
    " StringIndexer VectorIndexer"
)
STEPS: Final = name_set(
    "StandardScaler MinMaxScaler RobustScaler MaxAbsScaler PowerTransformer QuantileTransformer SimpleImputer"
    " KNNImputer IterativeImputer PCA TruncatedSVD SelectKBest OneHotEncoder OrdinalEncoder TargetEncoder"
    " KBinsDiscretizer ColumnTransformer TfidfVectorizer CountVectorizer VarianceThreshold"
)
_CALLED_A_STEP: Final = lazy.regex(
    r"(?i)scaler|imputer|vectori[sz]er|tfidf|transformers?$|preprocess(?:or|ing)|pca$|svd$|selector"
)
_CALLED_A_LABEL: Final = lazy.regex(r"(?i)label|target|(?:^|_)y(?:_|$)|tsne|umap")
_PACKAGES: Final = tuple(
    f"{name}."
    for name in (
        *(f"sklearn.{part}" for part in ("preprocessing", "impute", "decomposition", "feature_selection", "compose")),
        *("sklearn.feature_extraction", "sklearn.pipeline", "category_encoders", "imblearn", "feature_engine"),
        "pyspark.ml.feature",
    )
)


def step_of(fit: ast.Call, last: str, scope: Scope, view: FileView) -> str:
    """The name of the preprocessing step that a call fits; "" of another call."""
    if last not in FITTERS or not fit.args:
        return ""
    names = [one.name for one in view.resolver.names(fit.func, scope)]
    name = next((one for one in names if one.startswith(_PACKAGES) or last == _OF_A_TOKENIZER), "")
    if not names and last == _OF_A_TOKENIZER:
        name = f"{root_name(fit.func)}.{last}"
    if not name and last == "fit_transform" and not any(_of_a_class(one) for one in names):
        # what it is was handed in from elsewhere, and its own name tells what it does
        receiver = fit.func.value if isinstance(fit.func, ast.Attribute) else fit.func
        called = last_name(receiver)
        return f"{called}.{last}" if _CALLED_A_STEP.search(called) and not _CALLED_A_LABEL.search(called) else ""
    return "" if not name or name.split(".")[-2] in _STATELESS else name


def any_step(fit: ast.Call, last: str, scope: Scope, view: FileView) -> str:
    return step_of(fit, last, scope, view) or next((one for one in made_in_class(fit.func, scope) if one in STEPS), "")


def made_in_class(function: ast.expr, scope: Scope) -> Iterator[str]:
    """The names of the classes that the attribute in `self.scaler.fit_transform` is made of, in the same class."""
    attribute = function.value if isinstance(function, ast.Attribute) else None
    owner = scope.parent.node if scope.parent is not None else None
    if not isinstance(attribute, ast.Attribute) or not isinstance(owner, ast.ClassDef):
        return
    for node in islice(walk(owner), 5_000):
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Attribute) and one.attr == attribute.attr and root_name(one) == "self"
            for one in node.targets
        ):
            yield from (last_name(one.func) for one in walk(node.value) if isinstance(one, ast.Call))


def _of_a_class(name: str) -> bool:
    """Whether a method's name tells the class that it is of: `sklearn.preprocessing.StandardScaler.fit_transform`."""
    parts = name.split(".")
    return not name.startswith("?") and len(parts) > 1 and parts[-2][:1].isupper()
