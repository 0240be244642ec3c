"""Names that a reader meets in the package and in its tests."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", ["src/bithuman", "tests"])
def test_two_classes_do_not_share_a_name(folder: str) -> None:
    """Apart from groups of tests, which are named after what they test. A double that is there twice has two owners."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith(("_", "Test")):
                homes[node.name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
