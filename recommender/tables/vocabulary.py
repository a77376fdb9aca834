"""Which column names say that they are metrics, and in which direction they are better."""

from __future__ import annotations

import re

_MINIMIZED = frozenset(
    {"loss", "error", "err", "rmse", "mse", "mae", "mape", "nll", "perplexity", "ppl"}
    | {"fid", "wer", "cer", "regret", "损失"}
)
_MAXIMIZED = frozenset(
    {"acc", "accuracy", "nmi", "ari", "ami", "f", "f1", "oa", "aa", "auc", "auroc", "score"}
    | {"precision", "recall", "iou", "miou", "map", "bleu", "rouge", "psnr", "ssim", "dice"}
    | {"reward", "silhouette", "purity", "kappa", "r2", "top1", "top5", "准确率"}
)
_MEASURED = frozenset({"val", "valid", "validation", "test", "eval"})
_SETTINGS = frozenset(
    {"weight", "coef", "coefficient", "lambda", "threshold", "margin", "temperature", "scale"}
    | {"type", "name", "function", "split", "size", "ratio", "fraction", "batch", "rate", "every"}
)
_ALONE = frozenset({"f", "map", "aa"})  # as words of a longer name these mean other things


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def is_metric_name(name: str) -> bool:
    """Whether a column of that name reports how good a run was: `loss`, `val_acc`, `NMI`."""
    words = _words(name)
    if not words or (words[-1] in _SETTINGS and words[-2:] != ["error", "rate"]):
        return False
    known = (_MINIMIZED | _MAXIMIZED) - (_ALONE if len(words) > 1 else frozenset())
    return words[0] in _MEASURED or not known.isdisjoint(words)


def is_minimized(name: str) -> bool:
    """Whether a smaller value of that metric is better, as its name has it."""
    return not _MINIMIZED.isdisjoint(_words(name))
