from pathlib import Path

import pytest

from neurosim.content import catalogue as content
from neurosim.content.catalogue import KINDS, content_path, list_content
from neurosim.errors import ContentError


def test_names_and_their_files():
    assert {"loihi1", "loihi2"} <= set(list_content("hardware_targets"))
    for kind in KINDS:
        for name in list_content(kind):
            path = content_path(kind, name)
            assert path.is_file() and path.stem == name
            assert not name.startswith("_")


def test_checkout_is_read_where_users_change_it():
    root = Path(__file__).parents[2]
    assert content_path("hardware_targets", "loihi2") == root / "hardware_targets" / "loihi2.toml"


def test_wheel_goes_before_the_checkout(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "packed.py").touch()
    (tmp_path / "models" / "__init__.py").touch()
    monkeypatch.setattr(content, "files", lambda package: {"neurosim._content": tmp_path}[package])
    assert list_content("models") == ["packed"]
    assert content_path("models", "packed") == tmp_path / "models" / "packed.py"


@pytest.mark.parametrize("given", ["mine.py", "./mine.py", "sub/other.py"])
def test_own_files_are_taken_by_path(tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    (tmp_path / given).parent.mkdir(exist_ok=True)
    (tmp_path / given).touch()
    assert content_path("models", given) == Path(given)
    assert content_path("models", tmp_path / given) == tmp_path / given


def test_file_of_the_same_name_does_not_hide_a_target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loihi2").touch()
    assert content_path("hardware_targets", "loihi2").suffix == ".toml"


def test_unknown_name_lists_the_valid_ones():
    with pytest.raises(ContentError) as error:
        content_path("hardware_targets", "loihi3")
    for expected in ("hardware target 'loihi3'", "loihi1, loihi2", "Did you mean 'loihi"):
        assert expected in str(error.value)


@pytest.mark.parametrize("given", ["absent.toml", "sub/loihi2", "."])
def test_path_without_a_file(tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ContentError, match="hardware target|loihi2"):
        content_path("hardware_targets", given)


def test_path_of_another_kind_of_file(tmp_path):
    (tmp_path / "net.txt").touch()
    with pytest.raises(ContentError, match=r"expected the path of a \.py file"):
        content_path("models", tmp_path / "net.txt")


def test_unknown_kind():
    with pytest.raises(ContentError, match="Did you mean 'models'"):
        list_content("model")
