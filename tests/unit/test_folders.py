import pytest

from neurosim.errors import NeurosimError
from neurosim.files.atomic import atomic_folder, check_place
from neurosim.files.hdf5 import atomic_hdf5


def tree(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def fill(folder, text):
    (folder / "a.txt").write_text(text)
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text(text)


def test_folder_is_made_with_all_its_files(tmp_path):
    with atomic_folder(tmp_path / "deep" / "out") as partial:
        fill(partial, "new")
        assert not (tmp_path / "deep" / "out").exists()
    assert tree(tmp_path) == {"deep/out/a.txt": "new", "deep/out/sub/b.txt": "new"}


def test_files_are_replaced_and_others_stay(tmp_path):
    fill(tmp_path, "old")
    (tmp_path / "mine.txt").write_text("mine")
    with atomic_folder(tmp_path) as partial:
        fill(partial, "new")
    assert tree(tmp_path) == {"a.txt": "new", "sub/b.txt": "new", "mine.txt": "mine"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_breaks_off_leaves_nothing(tmp_path, error):
    fill(tmp_path, "old")
    with pytest.raises(error), atomic_folder(tmp_path) as partial:
        fill(partial, "new")
        raise error
    assert tree(tmp_path.parent / tmp_path.name) == {"a.txt": "old", "sub/b.txt": "old"}
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}*"))


def test_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(NeurosimError, match="out: could not be written"), atomic_folder(tmp_path / "out") as partial:
        fill(partial, "new")
    assert tree(tmp_path) == {"out": "a file"}


def test_place_is_checked_without_a_trace(tmp_path):
    check_place(tmp_path / "not" / "yet" / "there.h5")
    (tmp_path / "file").write_text("")
    with pytest.raises(NeurosimError, match="file is a file"):
        check_place(tmp_path / "file" / "x.h5")
    assert tree(tmp_path) == {"file": ""}


def test_relative_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_place("x.h5")


def test_hdf5_that_breaks_off_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), atomic_hdf5(tmp_path / "x.h5") as file:
        file["a"] = 3
        raise ValueError
    assert not list(tmp_path.iterdir())
