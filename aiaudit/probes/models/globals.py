"""Names that a pickle may import: an allow-list of what data is made of. What is on no list is for a person to judge.

The lists follow what `torch.load(weights_only=True)` and skops trust, and what pickles of NumPy, SciPy, pandas and
scikit-learn hold: the metric of a grid search, the activation of a layer, the spline of a calibration. A deny-list
never ends (the advisories of picklescan are its history), so everything of the standard library that is not allowed
here counts as dangerous: no model needs it.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Final

from aiaudit import lazy
from aiaudit.probes.models.judgement import Verdict

MAX_LENGTH: Final = 400  # of a name; the expressions below are not linear, so that what they see is short
_RENAMED: Final = {"__builtin__": "builtins", "__builtins__": "builtins", "copy_reg": "copyreg", "cPickle": "_pickle"}

_SAFE: Final = lazy.regex(
    r"""(?x)
    builtins\ (set|frozenset|bytearray|bytes|complex|object|int|long|float|str|unicode|list|dict|tuple|bool|slice
        |range|xrange|Ellipsis|NotImplemented|[A-Z]\w*(Error|Exception|Warning|Interrupt|Exit|Iteration))
    |collections\ (OrderedDict|defaultdict|deque|Counter|ChainMap)
    |datetime\ (datetime|date|time|timedelta|timezone|UTC)
    |decimal\ (Decimal|Context)|_decimal\ Decimal|fractions\ Fraction|uuid\ (UUID|SafeUUID)
    |pathlib(\._local)?\ (Pure)?(Posix|Windows)?Path
    |argparse\ Namespace|types\ SimpleNamespace|copyreg\ (_reconstructor|__newobj__|__newobj_ex__)
    |_codecs\ encode|re\ _compile|time\ struct_time|array\ (array|_array_reconstructor)|random\ Random
    |_?io\ (BytesIO|StringIO)|ipaddress\ IPv[46](Address|Network|Interface)|inspect\ _empty
    |numpy\ (ndarray|dtype|matrix|recarray|record|bool_?|str_|bytes_|void|object_|generic|number|floating|integer
        |longdouble|longlong|half|single|double|datetime64|timedelta64|u?int(8|16|32|64|p|c)?|float(16|32|64|128)?
        |complex(64|128|256))
    |numpy\ (log(1p|2|10)?|exp(m1|2)?|sqrt|cbrt|square|abs|absolute|sin|cos|tan|tanh|arcsin|arccos|arctan|arcsinh|sign
        |mean|median|sum|prod|max|min|amax|amin|maximum|minimum|add|subtract|multiply|divide|true_divide|power|clip|var|std
        |isnan|isfinite|nan_to_num|argmax|argmin|reciprocal|floor|ceil|rint|negative|nanmean|nanmedian|identity)
    |numpy\.random\.\w+\ __pyx_unpickle_\w+|numpy\.ma\ [A-Z]\w*
    |numpy\.(_?core\.)multiarray\ (_reconstruct|scalar)|numpy\.(_?core\.)numeric\ _frombuffer
    |numpy\.(_?core\.)records\ (recarray|record)|numpy\.dtypes\ [A-Z]\w*DType
    |numpy\.(_?core)\ _ufunc_reconstruct|numpy\.ma\.core\ (_mareconstruct|MaskedArray)
    |numpy\.random\._pickle\ __(randomstate|generator|bit_generator)_ctor
    |numpy\.random\.(mtrand|_generator|_mt19937|_pcg64|_philox|_sfc64|bit_generator)\ [A-Z]\w*
    |scipy\.sparse\.[\w.]+\ [a-z]{3}_(matrix|array)
    |torch\ (\w+Storage|Tensor|Size|device|dtype|bfloat16|bool|u?int(8|16|32|64)|float(16|32|64)?|half|double|long|short
        |complex(32|64|128)|strided|float8_\w+)
    |torch\._utils\ _rebuild_[a-z_0-9]+|torch\._tensor\ _rebuild_from_type_v2
    |torch\.storage\ (_load_from_bytes|TypedStorage|UntypedStorage|_LegacyStorage)
    |torch\.nn\.parameter\ (Parameter|Buffer)|torch\.serialization\ _get_layout|torch\.cuda\ \w+(Storage|Tensor)
    |pandas(\.arrays|\.api\.\w+)?\ [A-Z]\w*
    |pyarrow\.lib\ (_restore_array|py_buffer|type_for_alias|string|large_string|[A-Z]\w*)
    |pandas\.(core|_libs|tseries|_config)(?!\.computation)[\w.]*\ (_?[A-Z]\w*|_new_\w*Index|_{0,2}\w*unpickle\w*)
    |sklearn(?!\.(externals|datasets|utils\.parallel|utils\._joblib|utils\._testing))(\.\w+)*\ _?[A-Z]\w*
    |sklearn\.(neighbors|tree|metrics|ensemble|linear_model|_loss|cluster|svm)[\w.]*\ (newObj|__pyx_unpickle_\w+)
    |_loss\ (Cy[A-Z]\w+|__pyx_unpickle_Cy\w+)
    |sklearn\.metrics(\._(classification|ranking|regression|scorer))?\ [a-z][a-z0-9_]*_(score|error|loss|deviance)
    |sklearn\.metrics(\._(classification|ranking))?\ (auc|confusion_matrix|dcg_score|roc_curve)
    |sklearn\.feature_selection(\.\w+)?\ (f_(classif|regression|oneway)|chi2|r_regression
        |mutual_info_(classif|regression))
    |sklearn\.metrics\.pairwise\ (rbf|linear|polynomial|sigmoid|cosine|laplacian|chi2)_(kernel|similarity|distances)
    |torch\.nn\.functional\ (relu6?|gelu|silu|elu|selu|celu|leaky_relu|mish|softplus|softsign|hardtanh|hardswish
        |hardsigmoid|logsigmoid|log_softmax|softmax|softmin|sigmoid|tanh|tanhshrink|glu|normalize|dropout|layer_norm
        |mse_loss|l1_loss|smooth_l1_loss|huber_loss|cross_entropy|nll_loss|kl_div|binary_cross_entropy(_with_logits)?)
    |torch\._C\._nn\ (gelu|silu|elu_?|leaky_relu_?|hardtanh_?|softplus|log_sigmoid|mish|hardswish)
    |torch\ (relu|sigmoid|tanh|softmax|log_softmax|selu|celu|exp|sqrt|abs)
    |scipy\.stats\._(continuous|discrete)_distns\ \w+_gen|scipy\.stats\._distn_infrastructure\ rv_\w*frozen
    |scipy\.interpolate(\._?\w+)?\ (interp1d|CubicSpline|PchipInterpolator|UnivariateSpline|BSpline|PPoly)
    |scipy\.special(\._?\w+)?\ (expit|logit|softmax|log_softmax|logsumexp|erf|erfinv)
    |joblib\.numpy_pickle\ NumpyArrayWrapper|sklearn\.externals\.joblib\.numpy_pickle\ NumpyArrayWrapper
    |(xgboost|lightgbm|catboost|imblearn)(\.\w+)*\ _?[A-Z]\w*
    """
)
# Of the standard library, or gadgets of known libraries, yet met in files that mean no harm.
_REVIEW: Final = lazy.regex(
    r"""(?x)
    builtins\ (type|max|min|len|abs|sum|round|sorted|any|all|zip|enumerate|reversed|hash|isinstance|print)
    |functools\ partial|operator\ (itemgetter|attrgetter)|(_?thread|threading|queue|weakref)\ \w+
    |logging\ (Logger|getLogger|RootLogger|Handler|Formatter)|typing\ [A-Z]\w*|enum\ \w+|abc\ \w+|dataclasses\ \w+
    |collections\ namedtuple|collections\.abc\ \w+|zoneinfo\ ZoneInfo(\._unpickle)?|__main__\ [\w.]+|string\ Template
    |types\ (MappingProxyType|GenericAlias)|numbers\ \w+|itertools\ \w+|statistics\ NormalDist
    """
)
_DANGEROUS: Final = lazy.regex(
    r"""(?x)
    (pip|setuptools|distutils|pkg_resources|IPython|ipykernel|jupyter\w*|py|pytest|_pytest|paramiko|fabric
        |invoke|pexpect|requests|urllib3|httpx|aiohttp|boto3|win32\w*|pty|gdb|code|test)(\.[\w.]+)?\ .*
    |(torch|numpy|pandas|scipy|tensorflow|keras|joblib|sklearn|transformers)(\.[\w.]+)?
        \ (.*\.[a-z_]\w*|[a-z_].*\..*|[a-z]\w*)
    |[\w.]+\ (.*\.)?(eval|exec|execfile|system|popen\d?|Popen|call|check_call|check_output|run|runcode|run_code|spawn\w*
        |exec[lv]\w*|load|loads|open|import_module|__import__|_import_module|import_string|compile|runstring|myeval
        |getattr|setattr|methodcaller|load_module|exec_module|fork\w*|startfile|urlopen|urlretrieve|rmtree|unlink
        |remove|shell|sh|bash|getoutput|getstatusoutput|cmd|command|execute|debug_script|pipepager)
    """
)
# Functions of these libraries that make plain objects of them, and cannot be told from gadgets by their look.
_PLAIN: Final = lazy.regex(r"(torch|numpy|scipy|sklearn|keras|tensorflow|transformers|pandas)(\.\w+)* _?[A-Z]\w*")
# Functions of dill that call or look up what they are given: each call of them is followed.
CREATES_ARRAY: Final = frozenset({"dill._dill._create_array", "dill.dill._create_array"})
LOADS_TYPE: Final = frozenset({"dill._dill._load_type", "dill.dill._load_type"})
FOLLOWED: Final = CREATES_ARRAY | LOADS_TYPE
_STDLIB: Final = sys.stdlib_module_names | {
    "aix_support", "_aix_support", "osx_support", "_osx_support", "_pyrepl", "distutils", "imp", "asyncore", "smtpd",
    "commands", "popen2", "dl", "nt", "posix", "_winreg", "winreg", "msvcrt", "_winapi", "urllib2", "httplib", "new",
    "test", "lib2to3", "telnetlib", "nntplib", "pipes", "crypt", "cgi", "cgitb", "xdrlib", "sndhdr", "spwd", "mailcap",
    "StringIO", "idlelib", "turtledemo", "__builtin__",
}  # fmt: skip


@lru_cache(maxsize=4096)
def classify(module: str, name: str) -> Verdict:
    """Whether importing `module.name` and calling it makes data, or may run code."""
    if len(module) + len(name) > MAX_LENGTH:
        return Verdict.DANGEROUS
    module = _RENAMED.get(module, module)
    whole = f"{module} {name}"
    if _SAFE.fullmatch(whole):
        return Verdict.SAFE
    if _REVIEW.fullmatch(whole):
        return Verdict.REVIEW
    if module.partition(".")[0] in _STDLIB:
        return Verdict.DANGEROUS
    if _PLAIN.fullmatch(whole):
        return Verdict.REVIEW
    return Verdict.DANGEROUS if _DANGEROUS.fullmatch(whole) else Verdict.REVIEW
