"""What `lakekeel access` says to a wrong command line, in one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from program import PROGRAM


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assembly of one empty stack of stage Prod."""
    folder = tmp_path_factory.mktemp("assembly")
    (folder / "manifest.json").write_text(
        '{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"stackName": "Prod-S", "templateFile": "s.json"}}}}'
    )
    (folder / "s.json").write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--format", "xml"], 2, '--format is "xml"; want one of table, csv, html, json'),
        (["--fail-if-wider"], 2, "--fail-if-wider is given; want --against beside it, to know what was before"),
        (["--against", "x", "--format", "csv"], 2, '--format is "csv"; want none beside --against'),
        (["--stage", "Prd"], 1, '--stage is "Prd"; want one of Prod; nearest is "Prod"'),
        (
            ["--against", "/nowhere"],
            1,
            "no cloud assembly: open /nowhere/manifest.json: no such file or directory; write one with: cdk synth",
        ),
        (["another"], 2, '"another" is one argument too many; see: lakekeel access --help'),
    ],
)
def test_a_wrong_command_line_is_refused_in_a_sentence(assembly: Path, arguments: list[str], status: int, said: str) -> None:
    done = subprocess.run([PROGRAM, "access", str(assembly), *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (status, f"lakekeel: {said}\n")


def test_stacks_without_a_grant_have_none(assembly: Path) -> None:
    done = subprocess.run([PROGRAM, "access", str(assembly), "--format", "json"], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
