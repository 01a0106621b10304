"""All samples of a run against what its header says that they add up to."""

from collections import Counter
from dataclasses import dataclass, field

from inspect_ai.log import EvalSample, EvalSampleSummary

from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.submission.agreement.calls import TOKENS
from perturb_evals.leaderboard.submission.agreement.parts import RunParts, SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import Agreement, Alone, Found, quoted
from perturb_evals.leaderboard.submission.agreement.times import SLACK, at
from perturb_evals.leaderboard.systems import NO_MODEL

ENDED_EARLY = Alone("the run ended before all questions were asked")


@dataclass(eq=False)
class WholeRun:
    """A run with what its samples add up to.

    Attributes:
        parts: Its header.
        result: Its result.
        n_samples: Number of samples.
        n_errors: Those that ended in an error.
        n_scored: Those with a score that is ranked.
        ids: Their ids, as text.
        asked: How many calls were of each model.
        usage: Their tokens by model and kind.
        role_usage: Those by role and kind.
        repeated: Whether a sample ended in an error, or was begun again after one.
        resumed: Whether a sample was answered before this run began, as `inspect eval-retry` keeps
            what an earlier log has.
        whole: Whether some sample was neither cut by a limit nor ended by an error.
    """

    parts: RunParts
    result: Result
    n_samples: int = 0
    n_errors: int = 0
    n_scored: int = 0
    ids: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    usage: dict[str, Counter[str]] = field(default_factory=dict)
    role_usage: dict[str, Counter[str]] = field(default_factory=dict)
    repeated: bool = False
    resumed: bool = False
    whole: bool = False

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Count a sample."""
        parts = SampleParts(self.parts, summary, sample)
        results = self.parts.log.results
        ranked = results.scores[0].name if results and results.scores else ""
        self.n_samples += 1
        self.n_errors += sample.error is not None
        self.n_scored += ranked in (summary.scores or {})
        self.ids.add(str(summary.id))
        self.asked.update(call.model for call in parts.calls)
        for summed, of_sample in (
            (self.usage, sample.model_usage),
            (self.role_usage, sample.role_usage),
        ):
            for name, usage in of_sample.items():
                counted = summed.setdefault(name, Counter())
                counted.update({kind: getattr(usage, kind) or 0 for kind in TOKENS})
        began = self.parts.log.stats.started_at
        self.repeated |= bool(sample.error_retries) or sample.error is not None
        if began and sample.started_at:
            self.resumed |= at(sample.started_at) + SLACK < at(began)
        self.whole |= not parts.cut


def _model(run: WholeRun) -> Found:
    """A board ranks a system under the model of its header: that one has to have answered."""
    named, manner = str(run.parts.log.eval.model), run.parts.manner
    if named in run.asked:
        return None
    if run.asked:
        often = ", ".join(f"{quoted(model)} ({n})" for model, n in run.asked.most_common(3))
        return f"the header names the model {quoted(named)}, and all calls are of {often}."
    if manner == "computes" or not run.whole:
        return Alone("no model was asked")
    if manner == "foreign" and named == NO_MODEL:
        return Alone("no model was asked")
    said = f"the header names the model {quoted(named)}, and no sample has a call of any"
    if manner == "foreign":
        return f"{said}: run a method that asks none with --model {NO_MODEL}."
    return f"{said}, while the solver {quoted(run.parts.solver)} asks one."


def _roles(run: WholeRun) -> Found:
    roles = run.parts.log.eval.model_roles or {}
    for name, bound in roles.items():
        models = [one.model for one in (bound if isinstance(bound, list) else [bound])]
        if not any(model in run.asked for model in models):
            said = f"the header gives the role {quoted(name)} to {quoted(models[0])}"
            return f"{said}, which no call asks."
    return None


def _usage(run: WholeRun) -> Found:
    """Tokens of an answer that ended in an error are counted in the header alone."""
    stats = run.parts.log.stats
    if not (stats.model_usage or run.usage or stats.role_usage or run.role_usage):
        return Alone("no tokens were counted")
    if run.resumed:
        return Alone("the run goes on from an earlier log")
    for part, of_all, summed in (
        ("model_usage", stats.model_usage, run.usage),
        ("role_usage", stats.role_usage, run.role_usage),
    ):
        for name in dict.fromkeys([*of_all, *summed]):
            for kind in TOKENS:
                said = getattr(of_all.get(name), kind, None) or 0
                found = summed[name][kind] if name in summed else 0
                if said < found or (said > found and not run.repeated):
                    return (
                        f"{part} of the header has {said} {kind} of {quoted(name)}, that of all "
                        f"samples {found}."
                    )
    return None


def _planned(run: WholeRun) -> int | None:
    """Return how many samples the header says were asked for; None where it does not."""
    ids = run.parts.log.eval.dataset.sample_ids
    return None if ids is None else len(ids) * (run.parts.log.eval.config.epochs or 1)


def _samples(run: WholeRun) -> Found:
    spec, results = run.parts.log.eval, run.parts.log.results
    planned = _planned(run)
    if planned is None:
        return Alone("the header does not list the samples")
    listed = {str(name) for name in spec.dataset.sample_ids or []}
    if strange := sorted(run.ids - listed):
        return f"the sample {quoted(strange[0])} is not among those that the header lists."
    if fault := _limit(spec.config.limit, len(listed)):
        return fault
    early = results is None or results.early_stopping or results.logged_samples is not None
    if run.parts.log.status != "success" or early:
        return ENDED_EARLY
    if run.n_samples != planned:
        return (
            f"the header lists {len(listed)} samples in {spec.config.epochs or 1} epochs, "
            f"the log has {run.n_samples}."
        )
    return None


def _limit(limit: int | tuple[int, int] | None, n_listed: int) -> str | None:
    if limit is None:
        return None
    most = limit if isinstance(limit, int) else limit[1] - limit[0]
    if n_listed <= most:
        return None
    return f"the header has a limit of {most} samples, and lists {n_listed}."


def _results(run: WholeRun) -> Found:
    results, planned = run.parts.log.results, _planned(run)
    if results is None or planned is None:
        return ENDED_EARLY
    pairs = [
        ("total_samples", results.total_samples, "the samples listed are", planned),
        (
            "completed_samples",
            results.completed_samples,
            "without an error are",
            run.n_samples - run.n_errors,
        ),
        ("scored_samples", results.scores[0].scored_samples, "with a score are", run.n_scored),
    ]
    if results.early_stopping or results.logged_samples is not None:
        return ENDED_EARLY
    for name, said, what, found in pairs:
        if said is not None and said != found:
            return f"{name} of the results is {said}, {what} {found}."
    return None


OF_ALL_SAMPLES: tuple[Agreement[WholeRun], ...] = (
    Agreement("model", _model),
    Agreement("roles", _roles),
    Agreement("samples listed", _samples),
    Agreement("results", _results),
    Agreement("model_usage", _usage),
)
