"""The file of a log: an archive that holds what Inspect puts into it, and says everything alike."""

import json
import re
from collections import Counter
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from inspect_ai.log import EvalLog, EvalSampleSummary

from perturb_evals.leaderboard.submission.agreement.tally import differ, quoted
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.logs.unpacked import MOST_HEADER, MOST_SAMPLE, MOST_SUMMARIES, opened

NAME = "file"
HEADER, START, SUMMARIES = "header.json", "_journal/start.json", "summaries.json"
JOURNAL = re.compile(r"_journal/summaries/(\d{1,9})\.json")
SAMPLE = re.compile(r"samples/[^\0\\]+_epoch_\d{1,9}\.json")
KNOWN = (
    *map(re.compile, map(re.escape, (HEADER, START, SUMMARIES, "reductions.json"))),
    re.compile(r"_journal/config_updates/\d{1,9}\.json"),
    JOURNAL,
    SAMPLE,
)
OUTSIDE = re.compile(r"/|[A-Za-z]:|\\\\|(?:.*[/\\])?\.\.(?:[/\\]|$)")
"""Names that would lie outside of a folder into which an archive is unpacked."""

CHUNK = 1 << 20
LARGEST = max(MOST_HEADER, MOST_SUMMARIES, MOST_SAMPLE)
"""Bytes of a member."""

STARTED = ("version", "eval", "plan")
"""What is written down before the first question, and again at the end."""


def file_check(log: EvalLog, summaries: list[EvalSampleSummary]) -> Check:
    """Look at the members of an archive, and hold those that say the same against each other.

    Args:
        log: Its header.
        summaries: Those of all samples, as Inspect reads them.
    """
    try:
        with opened(log.location) as archive:
            if archive is None:
                said = "A log in JSON is one text, which has no members to hold against each other."
                return Check(NAME, "not applicable", said)
            fault = _fault(archive, summaries)
            n_members = len(archive.infolist())
    except (BadZipFile, ValueError, KeyError, NotImplementedError, RecursionError) as error:
        return Check(
            NAME, "fail", f"The archive is not as Inspect writes it: {quoted(str(error))}."
        )
    if fault:
        return Check(NAME, "fail", fault)
    said = f"All {n_members} members are such as Inspect writes. Agree: header with start, "
    return Check(NAME, "pass", said + "summaries with journal, summaries with samples.")


def _fault(archive: ZipFile, summaries: list[EvalSampleSummary]) -> str:
    """Return what is wrong with an archive; empty for nothing."""
    names = Counter(info.filename for info in archive.infolist())
    for name in names:
        if OUTSIDE.match(name):
            return f"The archive has a member outside of itself: {quoted(name)}."
        if not any(known.fullmatch(name) for known in KNOWN):
            return f"The archive has a member that Inspect does not write: {quoted(name)}."
    for info in archive.infolist():
        if fault := _unread(archive, info) or _twice(archive, info, names):
            return fault
    if archive.comment:
        return (
            f"The archive has a comment, which Inspect does not write: {quoted(archive.comment)}."
        )
    return (
        _start_fault(archive, names)
        or _journal_fault(archive, names)
        or _samples_fault(names, summaries)
    )


def _twice(archive: ZipFile, info: ZipInfo, names: Counter[str]) -> str:
    """Return that a member stands twice; of a sample that ended in an error, a later one may."""
    if names[info.filename] == 1 or archive.getinfo(info.filename) is info:
        return ""
    if SAMPLE.fullmatch(info.filename):
        with archive.open(info) as member:
            if json.load(member).get("error"):
                return ""
    return f"The archive has two members named {quoted(info.filename)}."


def _unread(archive: ZipFile, info: ZipInfo) -> str:
    """Return that a member is damaged, its bytes not those of its checksum, or far too large."""
    if info.file_size > LARGEST:
        return f"The member {quoted(info.filename)} would unpack to {info.file_size} bytes."
    try:
        with archive.open(info) as member:
            while member.read(CHUNK):
                pass
    except Exception as error:  # of zlib, zstandard or zipfile
        return f"The member {quoted(info.filename)} cannot be read: {quoted(str(error))}."
    return ""


def _start_fault(archive: ZipFile, names: Counter[str]) -> str:
    if HEADER not in names or START not in names:
        lacking = HEADER if HEADER not in names else START
        return f"The archive lacks {lacking}, which every log that has ended has."
    header, start = (_read(archive, name) for name in (HEADER, START))
    for part in STARTED:
        if fault := differ(
            f"{part} of {HEADER}", header.get(part), f"that of {START}", start.get(part)
        ):
            return fault[0].upper() + fault[1:]
    return ""


def _journal_fault(archive: ZipFile, names: Counter[str]) -> str:
    """Hold the summaries against those that were written while questions were answered."""
    if SUMMARIES not in names:
        return f"The archive lacks {SUMMARIES}, which every log that has ended has."
    numbered = sorted((int(m[1]), name) for name in names if (m := JOURNAL.fullmatch(name)))
    rows: dict[tuple[str, Any], Any] = {}
    for _, name in numbered:
        for row in _read(archive, name):
            rows[str(row["id"]), row["epoch"]] = row
    last = {(str(row["id"]), row["epoch"]): row for row in _read(archive, SUMMARIES)}
    for place in dict.fromkeys([*last, *rows]):
        where = f"{place[0]}, epoch {place[1]}"
        if place not in rows or place not in last:
            only = SUMMARIES if place in last else "the journal"
            return f"{where}: {only} alone has a summary of it."
        if fault := differ(f"its summary in {SUMMARIES}", last[place], "the journal", rows[place]):
            return f"{where}: {fault}"
    return ""


def _samples_fault(names: Counter[str], summaries: list[EvalSampleSummary]) -> str:
    told = {f"samples/{summary.id}_epoch_{summary.epoch}.json" for summary in summaries}
    found = {name for name in names if SAMPLE.fullmatch(name)}
    if more := sorted(found - told):
        return f"The archive has a sample without a summary: {quoted(more[0])}."
    if lacking := sorted(told - found):
        return f"The archive has a summary without its sample: {quoted(lacking[0])}."
    return ""


def _read(archive: ZipFile, name: str) -> Any:
    return json.loads(archive.read(name), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of which no name stands twice: readers differ in which of two they take."""
    read = dict(pairs)
    if len(read) != len(pairs):
        name = next(name for name, n in Counter(name for name, _ in pairs).items() if n > 1)
        raise ValueError(f"the name {name!r} stands twice in an object of JSON")
    return read
