import re
import subprocess
import sys

import pytest

from perturb_evals import __version__
from perturb_evals.cli.main import main

HEAVY = ("inspect_ai", "numpy", "pandas", "datasets", "rich", "anndata", "matplotlib")


def test_help_names_every_command_and_loads_nothing_heavy():
    """Loading Inspect takes a second; the promise is an answer in under half a second."""
    code = (
        "import sys\n"
        "from perturb_evals.cli.main import main\n"
        "try:\n    main(['--help'])\n"
        f"finally:\n    print('loaded:', [name for name in {HEAVY} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    for command in ("list", "estimate", "data", "demo", "split", "calibrate", "curve"):
        assert re.search(rf"^    {command}\b", done.stdout, re.MULTILINE)
    assert "loaded: []" in done.stdout


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"perturb-evals {__version__}\n"


def test_no_command_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
