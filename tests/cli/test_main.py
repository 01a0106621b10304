import os
import re
import subprocess
import sys

import pytest

from perturb_evals import __version__
from perturb_evals.cli import listing
from perturb_evals.cli.main import main
from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.logs.headers import LogsError

COMMANDS = (
    "list",
    "estimate",
    "data",
    "demo",
    "split",
    "train",
    "predict",
    "calibrate",
    "curve",
    "leaderboard",
    "compare",
    "results",
    "check-solver",
    "check-submission",
)
HEAVY = (
    "inspect_ai",
    "numpy",
    "pandas",
    "datasets",
    "rich",
    "anndata",
    "matplotlib",
    "pydantic",
    "torch",
)


def test_help_names_every_command_and_loads_nothing_heavy(tmp_path):
    """Loading Inspect takes a second; the promise is an answer in under half a second.

    Nor does the command without arguments, where there are no logs.
    """
    code = (
        "import sys\n"
        "from perturb_evals.cli.main import main\n"
        f"for words in ([], *([command] for command in {COMMANDS})):\n"
        "    try:\n        main([*words, '--help'])\n"
        "    except SystemExit as stopped:\n        assert stopped.code == 0\n"
        "assert main([]) == 0\n"
        f"print('loaded:', [name for name in {HEAVY} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "INSPECT_LOG_DIR": ""},
    )
    assert done.returncode == 0, done.stderr
    for command in COMMANDS:
        assert re.search(rf"^    {command}\b", done.stdout, re.MULTILINE)
        assert f"usage: perturb-evals {command} " in done.stdout
    assert done.stdout.endswith("loaded: []\n")


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"perturb-evals {__version__}\n"


def test_what_a_user_can_mend_is_told_in_one_line(monkeypatch, capsys):
    """Without a traceback: 2 for arguments, 1 for the rest; other errors are bugs and stay."""

    def main_after(error):
        def run(args):
            raise error

        monkeypatch.setattr(listing, "run", run)
        return main(["list"])

    for error, code in (
        (ArgumentError("No\nsuch thing."), 2),
        (DataError("No\nsuch thing."), 1),
        (LogsError("No\nsuch thing."), 1),
        (OSError("No\nsuch thing."), 1),
    ):
        assert main_after(error) == code
        assert capsys.readouterr().err == "perturb-evals list: No such thing.\n"
    with pytest.raises(ZeroDivisionError):
        main_after(ZeroDivisionError())
