"""Methods that cannot have run on the track which their log declares."""

from perturb_evals.families import family_of
from perturb_evals.families.faults import shown
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.solvers.baseline import needed_track


def unrunnable(result: Result) -> str:
    """Return why a run cannot be one of its declared track, in a sentence; empty for one that can.

    A baseline says which training rows it cannot do without. A log of it that declares a track
    which does not open them was altered, as was one whose task was given another track: the number
    is none of that track. Solvers of others, and those that ask a model, do not say what they need.
    """
    protocol, opened = result.protocol, family_of(result.task).tracks
    asked = result.task_args.get("evidence", protocol.track)
    if asked != protocol.track:
        return (
            f"The log declares the track {shown(protocol.track)}, and its task was given "
            f"evidence={shown(asked)}."
        )
    order = tuple(opened)
    for solver in protocol.solver.split("+"):
        needed = needed_track(solver, protocol.solver_args)
        if needed not in order or protocol.track not in order:
            continue  # a track that there is not is told elsewhere
        if order.index(protocol.track) < order.index(needed):
            return (
                f"{solver} cannot run on the track {protocol.track} "
                f"({opened[protocol.track].opens}), which the log declares: it needs {needed}."
            )
        if needed == "cross" and not {*protocol.evidence_lines} - {result.context}:
            return (
                f"{solver} cannot run without rows of another line than {shown(result.context)}, "
                "and the log declares none."
            )
    return ""
