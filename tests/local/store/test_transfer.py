"""Objects to files and back."""

import os

import pytest

from shipway.domain.store.errors import KeyRefused, ObjectNotFound, UnsafeFile, UnsafeKey


def below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_of_objects_comes_as_files(store, tmp_path):
    for key in ("d/a.csv", "d/sub/b.csv", "d2/c.csv", "d/empty/"):
        store.put("data", key, key.encode())
    written = store.download("s3://data/d", tmp_path / "in")
    assert below(tmp_path / "in") == {"a.csv": b"d/a.csv", "sub/b.csv": b"d/sub/b.csv"}
    assert (tmp_path / "in/empty").is_dir()
    assert written == [tmp_path / "in/a.csv", tmp_path / "in/sub/b.csv"]


def test_one_object_comes_under_its_last_name(store, tmp_path):
    store.put("data", "m/model.tar.gz", b"1")
    assert store.download("s3://data/m/model.tar.gz", tmp_path / "in") == [tmp_path / "in/model.tar.gz"]


def test_a_whole_bucket_comes(store, tmp_path):
    store.put("data", "a", b"1")
    store.put("data", "b/c", b"2")
    store.download("s3://data", tmp_path / "in")
    assert below(tmp_path / "in") == {"a": b"1", "b/c": b"2"}


def test_nothing_there_is_an_error_with_the_address(store, tmp_path):
    with pytest.raises(ObjectNotFound, match="s3://data/nothing does not exist"):
        store.download("s3://data/nothing", tmp_path / "in")


def test_a_copy_is_independent_of_the_object(store, tmp_path):
    store.put("data", "k", b"x" * 100_000)
    (path,) = store.download("s3://data/k", tmp_path / "in")
    assert path.stat().st_nlink == 1
    assert path.stat().st_ino != store.blob("data", "k").stat().st_ino
    with path.open("r+b") as file:
        file.write(b"changed")
    assert store.read("data", "k") == b"x" * 100_000


@pytest.mark.parametrize("key", ["d/../../x", "d//etc/x", "d/./x", "d/a//b"])
def test_a_key_that_would_leave_the_folder_is_refused_before_anything_is_written(store, tmp_path, key):
    store.put("data", "d/good", b"")
    store.put("data", key, b"evil")
    with pytest.raises(UnsafeKey, match="can't be written below") as refusal:
        store.download("s3://data/d", tmp_path / "in")
    assert repr(key) in str(refusal.value)
    assert below(tmp_path) == {} or not below(tmp_path / "in")


def test_a_download_replaces_a_link_instead_of_writing_through_it(store, tmp_path):
    store.put("data", "k", b"new")
    (tmp_path / "in").mkdir()
    (tmp_path / "victim").write_bytes(b"keep")
    (tmp_path / "in/k").symlink_to(tmp_path / "victim")
    store.download("s3://data/k", tmp_path / "in")
    assert (tmp_path / "victim").read_bytes() == b"keep"
    assert (tmp_path / "in/k").read_bytes() == b"new"


def test_a_folder_of_files_becomes_objects(store, tmp_path):
    (tmp_path / "out/sub").mkdir(parents=True)
    (tmp_path / "out/sub/ü").write_bytes(b"2")
    (tmp_path / "out/a").write_bytes(b"1")
    put = store.upload(tmp_path / "out", "s3://data/run/1")
    assert [version.key for version in put] == ["run/1/a", "run/1/sub/ü"]
    assert store.read("data", "run/1/sub/ü") == b"2"


def test_a_file_goes_to_the_address_or_below_it(store, tmp_path):
    (tmp_path / "f").write_bytes(b"1")
    names = [store.upload(tmp_path / "f", f"s3://data{rest}")[0].key for rest in ("/a", "/a/", "", "/")]
    assert names == ["a", "a/f", "f", "f"]


def test_links_out_of_the_folder_are_not_followed(store, tmp_path):
    (tmp_path / "secret").write_bytes(b"s")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/inside").write_bytes(b"1")
    (tmp_path / "out/link").symlink_to("inside")
    assert [v.key for v in store.upload(tmp_path / "out", "s3://data/x")] == ["x/inside", "x/link"]
    (tmp_path / "out/leak").symlink_to(tmp_path / "secret")
    with pytest.raises(UnsafeFile, match="leak"):
        store.upload(tmp_path / "out", "s3://data/y")
    assert list(store.list("data", "y")) == []


def test_a_pipe_is_not_waited_for(store, tmp_path):
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out/pipe")
    with pytest.raises(UnsafeFile, match="not a plain file"):
        store.upload(tmp_path / "out", "s3://data/x")


def test_names_that_can_not_be_keys_are_refused_before_anything_is_stored(store, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a").write_bytes(b"")
    with open(os.fsencode(tmp_path) + b"/out/\xff", "wb"):  # noqa: PTH123 (a name that is not text)
        pass
    with pytest.raises(KeyRefused, match="not valid Unicode"):
        store.upload(tmp_path / "out", "s3://data/x")
    assert list(store.list("data")) == []
