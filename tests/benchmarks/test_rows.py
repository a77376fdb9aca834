import math
from dataclasses import dataclass, replace

from benchmarks import rows


@dataclass(frozen=True)
class Row:
    name: str
    count: int
    share: float


ROW = Row("a, b", 3, 0.25)


def test_rows_are_read_back_as_they_were_appended(tmp_path):
    path = tmp_path / "results" / "rows.csv"
    assert rows.read(path, Row) == []
    rows.append(path, [ROW])
    rows.append(path, [replace(ROW, count=4), replace(ROW, share=math.inf)])
    assert rows.read(path, Row) == [ROW, replace(ROW, count=4), replace(ROW, share=math.inf)]


def work(key):
    return [Row(key, 1, 0.5), Row(key, 2, 0.5)]


def test_what_is_done_is_not_done_again(tmp_path, capsys, monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    path = tmp_path / "rows.csv"
    rows.go_on(work, ["a", "b"], {"a"}, path, jobs=1, only_list=True)
    assert not path.exists()
    rows.go_on(work, ["a", "b"], {"a"}, path, jobs=1, only_list=False)
    assert rows.read(path, Row) == work("b")
    assert capsys.readouterr().out == "1 done, 1 left\n" * 2
