"""Versions of a prompt: what makes two systems of one on the same board."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from perturb_evals.leaderboard.result import Result
from perturb_evals.leaderboard.systems import identity

PACKAGE = "perturb-evals"


def told_by_prompt(
    results: Sequence[Result], board_of: Callable[[Result], Hashable]
) -> list[Result]:
    """Return results in which two versions of a prompt on one board are two systems.

    The hash of a prompt is another one on every board, so it is no part of an identity. Where runs
    of one system on one board have different prompts, all runs of that system are told apart by
    the version of this package that asked, which its prompts have in common over the boards;
    prompts that differ within a version, by their hashes. A system with a given name is one.

    Args:
        results: Runs whose samples were read.
        board_of: What runs must agree in to be on one board.

    Returns:
        The same runs in the same order; what tells them apart is among what was `given`.
    """
    prompts = defaultdict(set)
    by_version = defaultdict(set)
    for result in results:
        place = identity(result), board_of(result)
        prompts[place].add(tuple(result.protocol.prompts))
        by_version[*place, _version(result)].add(tuple(result.protocol.prompts))
    several = {system for (system, _), asked in prompts.items() if len(asked) > 1}
    told = []
    for result in results:
        system = identity(result)
        if system in several and result.system is None:
            given = {**result.protocol.given, "package version": _version(result)}
            if len(by_version[system, board_of(result), _version(result)]) > 1:
                given["prompt hash"] = "+".join(result.protocol.prompts)
            protocol = result.protocol.model_copy(update={"given": given})
            result = result.model_copy(update={"protocol": protocol})
        told.append(result)
    return told


def _version(result: Result) -> str:
    return result.packages.get(PACKAGE, "")
