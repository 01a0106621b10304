import pytest

from perturb_evals.datasets.files.whole_file import whole_file


def test_what_was_written_is_there_at_the_end(tmp_path):
    path = tmp_path / "new" / "file.json"
    with whole_file(path) as part:
        part.write_text("1")
        assert not path.exists()
        assert part.suffix == ".json"
    assert path.read_text() == "1"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "file.json"
    path.write_text("old")

    def fail():
        with whole_file(path) as part:
            part.write_text("half")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
