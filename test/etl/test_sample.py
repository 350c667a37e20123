"""The committed sample is what its generator makes, and small."""

import generate
import pytest
from conftest import SAMPLE


@pytest.mark.parametrize("name", generate.TABLES)
def test_the_generator_makes_the_committed_file(tmp_path, name):
    generate.main([str(tmp_path)])

    assert (tmp_path / f"{name}.csv").read_bytes() == (SAMPLE / f"{name}.csv").read_bytes()


def test_the_sample_is_small():
    assert sum(file.stat().st_size for file in SAMPLE.glob("*.csv")) < 60_000
