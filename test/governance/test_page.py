"""The filter box of the page that `lakekeel access --format html` writes, in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from program import PROGRAM

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Types into the box as a person would, and writes down how many lines are left.
TYPE = """
<script>
const words = QUERY;
for (const query of words) {
  document.getElementById("filter").value = query;
  document.getElementById("filter").dispatchEvent(new Event("input"));
  const left = [...document.querySelectorAll("tbody tr")].filter(line => !line.hidden).length;
  document.body.append("LEFT " + JSON.stringify(query) + " " + left + " " + document.getElementById("count").textContent + ";");
}
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of three grants, from an assembly written by hand."""
    folder = tmp_path_factory.mktemp("assembly")
    grants = {}
    for name, principal, action in (("A", "analyst", "SELECT"), ("B", "analyst", "INSERT"), ("C", "steward", "SELECT")):
        table = {"CatalogId": "111111111111", "DatabaseName": "sales", "Name": f"orders{name}"}
        properties = {
            "Principal": {"DataLakePrincipalIdentifier": principal},
            "Resource": {"Table": table},
            "Permissions": [action],
            "PermissionsWithGrantOption": [],
        }
        grants[name] = {"Type": "AWS::LakeFormation::PrincipalPermissions", "Properties": properties}
    stack = {"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-west-1", "properties": {"templateFile": "s.json"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"S": stack}}))
    (folder / "s.json").write_text(json.dumps({"Resources": grants}))
    file = folder / "access.html"
    subprocess.run([PROGRAM, "access", str(folder), "--format", "html", "-o", str(file)], check=True)
    return file


def test_the_filter_keeps_the_lines_that_hold_every_word(page: Path, tmp_path: Path) -> None:
    if not CHROMIUM:
        pytest.skip("*** NOT PROVED: the filter box in a browser; apt-get install chromium")
    queries = {"": 3, "analyst": 2, "SELECT": 2, "select ANALYST": 1, "  steward  ": 1, "nobody": 0, "select analyst steward": 0}
    copy = tmp_path / "page.html"
    copy.write_text(page.read_text().replace("</body>", TYPE.replace("QUERY", repr(list(queries))) + "</body>"))
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        copy.as_uri(),
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    left = {query: int(number) for query, number in re.findall(r'LEFT "(.*?)" (\d+) \d+ of 3 lines;', dom.split("</script>")[-1])}
    assert left == queries
