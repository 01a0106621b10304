"""Whether a run's results are asked for while it still runs."""

from inspect_ai.util import sample_limits


def still_running() -> bool:
    """Return whether results are only to be shown: other samples of the run are still to come.

    Inspect computes all metrics about once a second, inside the sample that has just ended, and
    for the log outside of all samples. Only there are intervals worth their resamples. A run that
    was limited, cancelled or had errors ends there too.
    """
    try:
        sample_limits()
    except RuntimeError:  # "Is there a running sample?"
        return False
    return True
