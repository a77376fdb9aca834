import math

import pytest

from recommender.vocabulary import (
    is_loss_like,
    is_metric_name,
    is_minimized,
    is_temperature_like,
    is_version_like,
    natural_range,
)


@pytest.mark.parametrize(
    "name",
    ["loss", "val_loss", "NMI", "F", "f1", "F1-macro", "testAccuracy", "error_rate", "mIoU",
     "mAP", "top1_acc", "InfoNCE", "损失", "训练损失"],
)  # fmt: skip
def test_names_of_metrics_are_known(name):
    assert is_metric_name(name)


@pytest.mark.parametrize(
    "name",
    ["learning_rate", "loss_weight", "lossWeight2", "threshold", "f_dim", "test_size", "batch",
     "损失权重", "feature_map", "", "--", "42"],
)  # fmt: skip
def test_names_of_parameters_are_no_metrics(name):
    assert not is_metric_name(name)


def test_the_name_tells_the_direction():
    assert is_minimized("val_loss")
    assert is_minimized("RMSE")
    assert is_minimized("crossEntropy")
    assert not is_minimized("NMI")


@pytest.mark.parametrize("name", ["neg_log_loss", "neg_root_mean_squared_error", "negMAE"])
def test_a_negated_metric_is_maximised_and_has_no_range_of_its_own(name):
    assert not is_minimized(name)
    assert natural_range(name) is None


@pytest.mark.parametrize(
    "name",
    ["loss", "LOSS", "loss.total", "loss2", "trainLoss", "train_loss", "NTXentLoss", "NLL",
     "nllLoss", "cross_entropy", "crossEntropy", "infonce", "InfoNCE", "info_nce", "损失",
     "总损失"],
)  # fmt: skip
def test_losses_are_known_in_every_spelling(name):
    assert is_loss_like(name)
    assert is_metric_name(name)
    assert is_minimized(name)


@pytest.mark.parametrize("name", ["NMI", "glossary", "accuracy", "entropy_cross", ""])
def test_other_metrics_are_no_losses(name):
    assert not is_loss_like(name)


@pytest.mark.parametrize(
    "name",
    ["temp", "temperature", "instance_temperature", "instanceTemp", "tau", "tau1", "τ", "温度",
     "实例温度", "margin", "weight", "loss_weight", "lossWeight", "coef", "entropyCoefficient",
     "label_smoothing"],
)  # fmt: skip
def test_temperatures_and_weights_are_known_in_every_spelling(name):
    assert is_temperature_like(name)


@pytest.mark.parametrize(
    "name",
    ["learning_rate", "weight_decay", "weightDecay", "WEIGHT-DECAY", "weight decay", "attempts",
     "taught", "tempo", "marginal", ""],
)  # fmt: skip
def test_other_parameters_are_no_temperatures(name):
    assert not is_temperature_like(name)


def test_the_name_tells_which_values_a_metric_can_have():
    assert natural_range("NMI") == natural_range("val_acc") == (0.0, 1.0)
    assert natural_range("ARI") == (-1.0, 1.0)
    assert natural_range("RMSE") == (0.0, math.inf)
    assert natural_range("loss") is None


@pytest.mark.parametrize("name", ["code_version", "git_sha", "commit", "dataset", "数据集"])
def test_columns_that_say_which_code_or_data_are_known(name):
    assert is_version_like(name)
    assert not is_version_like("operator")
