"""What checks each change: the workflow, the hooks, and the script that tries each Python."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def workflow() -> Any:
    return yaml.safe_load(WORKFLOW.read_text())


def test_linux_runs_what_ci_run_does(workflow: Any) -> None:
    commands = re.findall(r"^make \S+$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    steps = [step.get("run") for step in workflow["jobs"]["linux"]["steps"]]
    assert commands
    assert set(commands) <= set(steps)


def test_each_python_that_the_package_names_is_tried(workflow: Any) -> None:
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert workflow["jobs"]["linux"]["strategy"]["matrix"]["python"] == named
    makefile = re.search(r"^PYTHONS \?= (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert makefile
    assert makefile[1].split() == named


def test_every_action_is_pinned_to_a_commit() -> None:
    used = re.findall(r"uses: (\S+)", WORKFLOW.read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action)] == []


def test_only_the_release_may_write(workflow: Any) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    writing = {name for name, job in workflow["jobs"].items() if "permissions" in job}
    assert writing == {"release"}
    assert workflow["jobs"]["release"]["if"] == "startsWith(github.ref, 'refs/tags/v')"


def test_the_hooks_run_the_locked_tools_that_lint_runs_and_no_others() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    hooks = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in config["repos"][0]["hooks"]}
    lint = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert hooks == set(re.findall(r"@\$\(VENV\)/bin/(\S+)", lint))


def test_a_python_that_is_missing_is_skipped_with_a_sentence() -> None:
    done = subprocess.run(["sh", "tools/test_all.sh", "3.99"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Python 3.99 is not installed here. Its tests are skipped." in done.stdout
    assert "no Python of these is installed: 3.99" in done.stdout
    assert done.returncode == 1
