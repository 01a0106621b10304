"""Boards: systems whose numbers may be ranked together, with ranks that respect chance.

A board holds the runs that agree in all parts of the board key; a track in it the systems that were
allowed to read the same training rows, or fewer of them without a model.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from perturb_evals.families import family_of, tracks
from perturb_evals.families.family import Family
from perturb_evals.families.outcome import Better, shared_weights
from perturb_evals.families.references import NoReferencesError
from perturb_evals.leaderboard.computed_rows import beside_runs, not_here, renamed
from perturb_evals.leaderboard.control_runs import ControlRow, control_rows
from perturb_evals.leaderboard.entries import Entries, Entry, TrackKey, board_of
from perturb_evals.leaderboard.floor import Floor, floor_above, floor_of
from perturb_evals.leaderboard.ranks import Row, board_factor, rank, shown_in, sign_of
from perturb_evals.leaderboard.references import floor_methods, references
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.skill import Scale, scale_of
from perturb_evals.metrics.intervals import FEWEST, ROUNDING
from perturb_evals.metrics.simultaneous import FEWEST_EFFECTIVE

Asked = tuple[tuple[str, ...], bytes]
"""What was asked, with its labels; see `Outcome.asked`."""


@dataclass(frozen=True, eq=False)
class BoardTrack:
    """The systems that may be compared: the best first, what is not ranked among them by value.

    Attributes:
        name: The track.
        lines: The lines that are open in it, for cross.
        rows: Its systems.
        floor: Its reference, from which value added is counted; None where it is not there.
        above: A reference that reads more, where its own is a number; see `floor.floor_above`.
    """

    name: str
    lines: tuple[str, ...]
    rows: tuple[Row, ...]
    floor: Floor | None = None
    above: Floor | None = None

    def is_floor(self, row: Row) -> bool:
        """Whether a row is the reference, to which it adds nothing by itself."""
        return self.floor is not None and row.entry is self.floor.entry

    def is_tied(self, row: Row) -> bool:
        """Whether a row is one of several that cannot be told from the best."""
        return row.with_best and sum(other.with_best for other in self.rows) > 1


@dataclass(frozen=True, eq=False)
class Board:
    """Runs that agree in all parts of the board key.

    Attributes:
        key: The board key.
        parts: Its parts.
        data_sha256: Hash of the data.
        headline: The metric that ranks.
        better: Its direction.
        n_units: Number of questions or perturbations that each system answered.
        n_perturbations: Number of perturbations, which are what is resampled.
        tracks: With at least one row each.
        scale: What the skill score is relative to; None where that is not known.
        incomplete: Runs on this board that are not complete.
        apart: Sentences that say which parts differ from other boards on the same task and context.
        notes: What else a reader should know, in sentences.
        controls: Its control runs, which are in no track.
    """

    key: str
    parts: dict[str, str | int]
    data_sha256: str
    headline: str
    better: Better
    n_units: int
    n_perturbations: int
    tracks: tuple[BoardTrack, ...]
    scale: Scale | None
    incomplete: tuple[Result, ...]
    apart: tuple[str, ...]
    notes: tuple[str, ...]
    controls: tuple[ControlRow, ...] = ()

    @property
    def family(self) -> Family:
        """The family of its task."""
        return family_of(str(self.parts["task"]))

    @property
    def title(self) -> str:
        """Task and context."""
        return f"{self.parts['task']} on {self.parts['context']}"


def make_boards(entries: Entries) -> tuple[Board, ...]:
    """Return the boards of all complete runs, sorted by key.

    Reference rows are computed from the data of each board where they can be had; a note says so
    where not. Neither the order of logs nor their names change anything, and control runs change
    nothing of a board but its `controls`. A board on which only these ran has no tracks.
    """
    grouped, controls = _by_board(entries.complete), _by_board(entries.controls)
    parts = {place: _first(found).board for place, found in grouped.items()}
    boards = []
    for place in sorted({**grouped, **controls}):
        found, beside = grouped.get(place, []), controls.get(place, [])
        incomplete = tuple(result for result in entries.incomplete if board_of(result) == place)
        own = _first(found or beside).board
        apart = _apart(own, [other for at, other in parts.items() if at != place])
        board = _board(found, incomplete, apart) if found else _of_controls(beside, incomplete)
        boards.append(_with_controls(board, found, beside) if beside else board)
    return tuple(boards)


def _by_board(entries: Iterable[Entry]) -> dict[tuple[str, str, str], list[Entry]]:
    grouped: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.result is not None:
            grouped[board_of(entry.result)].append(entry)
    return grouped


def _with_controls(board: Board, runs: Sequence[Entry], controls: Sequence[Entry]) -> Board:
    """Return a board with the control runs on it; those asked otherwise than it are told."""
    ranked = [row.entry for track in board.tracks for row in track.rows]
    asked = _usual([entry.outcome.asked for entry in ranked or controls])
    kept = [entry for entry in controls if entry.outcome.asked == asked]
    notes = [
        f"A control run of {entry.name} was asked other questions, or judged by other labels, and "
        "is left out."
        for entry in controls
        if entry.outcome.asked != asked
    ]
    on_board = {id(entry) for entry in ranked}
    rows = control_rows([run for run in runs if id(run) in on_board], kept)
    return replace(board, controls=rows, notes=(*board.notes, *notes))


def _of_controls(controls: Sequence[Entry], incomplete: tuple[Result, ...]) -> Board:
    """Return a board on which no system ran."""
    asked = _usual([entry.outcome.asked for entry in controls])
    first = _first(controls)
    one = next(entry.outcome for entry in controls if entry.outcome.asked == asked)
    family = family_of(first.task)
    return Board(
        key=first.board_key,
        parts=dict(first.board),
        data_sha256=first.data_sha256,
        headline=first.headline,
        better=family.better,
        n_units=len(one.units),
        n_perturbations=one.n_perturbations,
        tracks=(),
        scale=scale_of(family, [], shared_weights(one.n_perturbations)),
        incomplete=incomplete,
        apart=(),
        notes=("Only control runs are here, and no system: there is nothing to rank.",),
    )


def _usual(asked: Sequence[Asked]) -> Asked:
    return Counter(asked).most_common(1)[0][0]


def _board(runs: Sequence[Entry], incomplete: tuple[Result, ...], apart: tuple[str, ...]) -> Board:
    first, notes = _first(runs), list[str]()
    found = {entry.track_key for entry in runs}
    lines_of_cross = {lines for name, lines in found if name == "cross"}
    family = family_of(first.task)
    if older := family.older_metrics(first.board):
        notes.append(older.about)
    try:
        results = [entry.result for entry in runs if entry.result is not None]
        computed, lacking = references(results, {entry.system for entry in runs}, lines_of_cross)
        notes += not_here(lacking)
    except NoReferencesError as error:
        computed = []
        notes.append(f"The reference rows could not be computed: {error}")
    # What was asked follows from the data; where they cannot be had, most runs are believed.
    asked = _usual([entry.outcome.asked for entry in computed or runs])
    for entry in (*runs, *computed):
        if entry.outcome.units != asked[0]:
            notes.append(f"{entry.name} was asked other questions and is left out.")
        elif entry.outcome.asked != asked:
            notes.append(f"{entry.name} was judged by other labels and is left out.")
    ranked = [entry for entry in runs if entry.outcome.asked == asked]
    computed = [entry for entry in computed if entry.outcome.asked == asked]
    computed, usual, differ = beside_runs(ranked, computed, floor_methods(family))
    notes += differ
    everyone = [*ranked, *renamed(computed, {entry.name for entry in runs}, lines_of_cross)]
    n_perturbations = everyone[0].outcome.n_perturbations
    if n_perturbations < FEWEST:
        notes.append(
            f"{n_perturbations} perturbations are too few for intervals and ranks, which need "
            f"{FEWEST}."
        )
    elif (n_effective := everyone[0].outcome.n_effective) < FEWEST_EFFECTIVE:
        notes.append(
            f"A few perturbations have most of the {family.unit}: they say as much as "
            f"{n_effective:.1f} of one size. So differences have no interval, and all share a rank."
        )
    weights = shared_weights(n_perturbations)
    better = family.better
    scale = scale_of(family, everyone, weights)
    if scale and sign_of(better) * (scale.one - scale.zero) < 0:
        notes.append(f"{scale.one_name} is not better than {scale.zero_name}: there is no skill.")
        scale = None
    tracks = _tracks(sorted(found, key=_width), everyone, usual, scale, family)
    notes += [
        f"{track.floor.name}, the reference of the track {track.name}, is not better than "
        f"{scale.zero_name} here: what is added to it says little."
        for track in tracks
        if scale and track.rows and track.floor and track.floor.entry
        if sign_of(better) * (track.floor.value - scale.zero) <= ROUNDING
    ]
    return Board(
        key=first.board_key,
        parts=dict(first.board),
        data_sha256=first.data_sha256,
        headline=first.headline,
        better=better,
        n_units=len(asked[0]),
        n_perturbations=n_perturbations,
        tracks=tuple(track for track in tracks if track.rows),
        scale=scale,
        incomplete=incomplete,
        apart=apart,
        notes=tuple(notes),
    )


def _first(entries: Sequence[Entry]) -> Result:
    result = entries[0].result
    assert result is not None, "a board begins with a run"
    return result


def _width(track: TrackKey) -> tuple[int, int, tuple[str, ...]]:
    name, lines = track
    return tracks().index(name), len(lines), lines


def _tracks(
    found: Sequence[TrackKey],
    everyone: Sequence[Entry],
    usual: Collection[str],
    scale: Scale | None,
    family: Family,
) -> list[BoardTrack]:
    """Return the tracks of a board; differences hold over all of them at once."""
    floors = [floor_of(family, *key, everyone, usual) for key in found]
    above = [floor_above(family, name, everyone, usual) for name, _ in found]
    shown = [shown_in(key, everyone, more, family) for key, more in zip(found, above, strict=True)]
    held_against = [
        [one for one in both if one is not None] for both in zip(floors, above, strict=True)
    ]
    factor = board_factor(shown, held_against, scale)
    floors, above = (
        [one and replace(one, factor=factor) for one in several] for several in (floors, above)
    )
    return [
        BoardTrack(*key, rank(entries, floor, scale, family.better, factor), floor, more)
        for key, entries, floor, more in zip(found, shown, floors, above, strict=True)
    ]


def _apart(board: dict[str, str | int], others: Iterable[dict[str, str | int]]) -> tuple[str, ...]:
    """Return a sentence for every other board on the same task and context."""
    sentences = []
    for other in others:
        if (other["task"], other["context"]) != (board["task"], board["context"]):
            continue
        names = sorted({*board, *other}, key=[*board, *other].index)
        differ = [name for name in names if board.get(name) != other.get(name)]
        said = ", ".join(f"{name} is {board.get(name)}, not {other.get(name)}" for name in differ)
        sentences.append(f"Not ranked with another board here: {said or 'the data differ'}.")
    return tuple(sorted(sentences))
