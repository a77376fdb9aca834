import numpy as np
import pytest

from recommender.engine.regression import studentised_residuals, variance_inflation


def test_a_residual_is_in_the_error_of_a_fit_without_its_row(rng):
    A, y = rng.standard_normal((12, 2)), rng.standard_normal(12)
    found = studentised_residuals(A, y)
    for row in range(12):
        kept = np.arange(12) != row
        design = np.column_stack([np.ones(11), A[kept]])
        x = np.array([1.0, *A[row]])
        beta, (squares,), _, _ = np.linalg.lstsq(design, y[kept], rcond=None)
        spread = squares / (11 - 3) * (1.0 + x @ np.linalg.inv(design.T @ design) @ x)
        assert found[row] == pytest.approx((y[row] - x @ beta) / spread**0.5)


def test_what_leaves_no_error_or_no_freedom_has_no_residual(rng):
    A = rng.standard_normal((6, 1))
    assert studentised_residuals(A, 2.0 * A[:, 0] + 1.0) == pytest.approx(np.zeros(6), abs=1e-6)
    assert not studentised_residuals(rng.standard_normal((3, 1)), np.arange(3.0)).any()
    alone = np.array([[0.0]] * 8 + [[1.0]])
    assert studentised_residuals(alone, rng.standard_normal(9))[-1] == 0.0


def test_columns_that_repeat_each_other_change_nothing(rng):
    A, y = rng.standard_normal((10, 1)), rng.standard_normal(10)
    twice = np.column_stack([A, 3.0 * A])
    assert studentised_residuals(twice, y) == pytest.approx(studentised_residuals(A, y))


def test_the_inflation_is_the_diagonal_of_the_inverse_correlation(rng):
    A = rng.standard_normal((40, 3))
    A[:, 2] += 2.0 * A[:, 0]
    expected = np.diag(np.linalg.inv(np.corrcoef(A.T)))
    assert variance_inflation(A) == pytest.approx(expected)


def test_a_column_that_others_make_up_is_infinitely_inflated(rng):
    A = rng.standard_normal((20, 2))
    B = np.column_stack([A, A.sum(1), np.ones(20)])
    assert variance_inflation(B).tolist() == [np.inf, np.inf, np.inf, 1.0]
    assert variance_inflation(A[:, :1]).tolist() == [1.0]
    assert variance_inflation(np.zeros((5, 0))).tolist() == []
