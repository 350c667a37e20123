"""The committed sample of the Olympics system is what its generator makes, and small."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "etlScripts" / "olympics"
sys.path.insert(0, str(FOLDER))

import make_sample  # noqa: E402


@pytest.mark.parametrize("name", make_sample.sample())
def test_the_generator_makes_the_committed_file(tmp_path, name):
    make_sample.main(tmp_path)
    assert (tmp_path / f"{name}.csv").read_bytes() == (FOLDER / "sample" / f"{name}.csv").read_bytes()


def test_no_other_file_is_committed_and_all_are_small():
    files = list((FOLDER / "sample").iterdir())
    assert {file.stem for file in files} == set(make_sample.sample())
    assert sum(file.stat().st_size for file in files) < 60_000
