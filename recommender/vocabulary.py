"""What the name of a column says: a metric, in which direction, on whose scale."""

from __future__ import annotations

import re

_LOSSES = frozenset(
    {"loss", "nll", "crossentropy", "xent", "ntxent", "infonce", "objective", "损失"}
)
_MINIMIZED = _LOSSES | {
    *("error", "err", "rmse", "mse", "mae", "mape", "perplexity", "ppl", "fid", "wer", "cer"),
    "regret",
}
_MAXIMIZED = frozenset(
    {"acc", "accuracy", "nmi", "ari", "ami", "f", "f1", "oa", "aa", "auc", "auroc", "score"}
    | {"precision", "recall", "iou", "miou", "map", "bleu", "rouge", "psnr", "ssim", "dice"}
    | {"reward", "silhouette", "purity", "kappa", "r2", "top1", "top5", "准确率"}
)
_NEGATED = frozenset({"neg", "negative", "minus"})
_CHANCE_CORRECTED = frozenset({"ari", "ami", "kappa", "silhouette"})
_SHARES = frozenset(
    {"acc", "accuracy", "nmi", "f", "f1", "oa", "aa", "auc", "auroc", "precision", "recall"}
    | {"iou", "miou", "dice", "purity", "top1", "top5", "准确率"}
)
_DISTANCES = frozenset({"rmse", "mse", "mae", "mape", "perplexity", "ppl", "fid", "wer", "cer"})
_VERSIONS = frozenset(
    {"version", "commit", "sha", "git", "code", "branch", "revision", "release", "tag"}
    | {"dataset", "data", "split", "版本", "数据", "数据集"}
)
_MEASURED = frozenset({"val", "valid", "validation", "test", "eval"})
_TEMPERATURES = frozenset(
    {"temp", "temperature", "tau", "τ", "温度", "margin", "weight", "coef", "coefficient"}
    | {"smooth", "smoothing", "权重", "系数"}
)
_SETTINGS = _TEMPERATURES | {
    *("lambda", "threshold", "scale", "type", "name", "function", "split", "size", "ratio"),
    *("fraction", "batch", "rate", "every", "decay"),
}
_CHINESE_SETTINGS = tuple(term for term in _SETTINGS if len(term) > 1 and not term.isascii())
_ALONE = frozenset({"f", "map", "aa"})  # as words of a longer name these mean other things

_CASE_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(_CASE_CHANGE.sub(" ", name))]


def _says(name: str, terms: frozenset[str]) -> bool:
    """Whether one to three words of a name in a row are a term: `crossEntropy`, `top1`, `mIoU`.

    Chinese sets no blanks between words, so its terms may stand anywhere.
    """
    words = _words(name)
    spans = {"".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words))}
    spans -= _ALONE - {"".join(words)}
    return not terms.isdisjoint(spans) or any(
        not term.isascii() and term in name for term in terms if len(term) > 1
    )


def is_metric_name(name: str) -> bool:
    """Whether a column of that name reports how good a run was: `loss`, `val_acc`, `NMI`."""
    words = [word for word in _words(name) if not word.isdigit()]
    if not words or words[-2:] == ["error", "rate"]:
        return bool(words)
    if words[-1] in _SETTINGS or words[-1].endswith(_CHINESE_SETTINGS):
        return False
    return words[0] in _MEASURED or _says(name, _MINIMIZED | _MAXIMIZED)


def _is_negated(name: str) -> bool:
    """Whether a metric is written with its sign changed: `neg_log_loss`, as scikit-learn does."""
    return bool(_NEGATED.intersection(_words(name)[:1]))


def is_minimized(name: str) -> bool:
    """Whether a smaller value of that metric is better, as its name has it."""
    return _says(name, _MINIMIZED) and not _is_negated(name)


def is_loss_like(name: str) -> bool:
    """Whether a metric is a loss, which a temperature or a weight inside it rescales."""
    return _says(name, _LOSSES)


def is_temperature_like(name: str) -> bool:
    """Whether a parameter may set the scale of a loss: `tau`, `lossWeight`, not `weight_decay`."""
    return _says(name, _TEMPERATURES) and not _says(name, frozenset({"weightdecay"}))


def natural_range(name: str) -> tuple[float, float] | None:
    """Return the lowest and the highest value that a metric of that name can have, if known.

    A metric whose highest value is 1 may also be written in percent.
    """
    if _is_negated(name):
        return None
    if _says(name, _CHANCE_CORRECTED):
        return (-1.0, 1.0)
    if _says(name, _SHARES):
        return (0.0, 1.0)
    return (0.0, float("inf")) if _says(name, _DISTANCES) else None


def is_version_like(name: str) -> bool:
    """Whether a column says with which code or on which data a run was made."""
    return _says(name, _VERSIONS)
