"""What the jobs of a collection do: index folders, take in archives and URLs, find duplicates, tend the indexes."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pictrace._change import Change
from pictrace.dedupe.applying import apply
from pictrace.dedupe.undoing import Outcome, undo
from pictrace.duplicates.found import Asked
from pictrace.errors import ArchiveTooLargeError, ArchiveUnsafeError, FetchError, PictraceError, PictureError
from pictrace.fetch import Fetched
from pictrace.ingest import Progress, Report
from pictrace.results import Failure
from pictrace.service import names
from pictrace.service._job import Job
from pictrace.service.custody import Custody, Taken
from pictrace.service.fetching import Fetching
from pictrace.service.jobs import Run, Work, counts
from pictrace.sources.archive import Archive
from pictrace.sources.opening import open_source

_AT_ONCE = 2
"""Pictures of an archive or list that are looked at together; the service's workers are there for searches too."""

_STAGES = {"neighbours": (0.0, 0.2), "judged": (0.2, 0.4), "told": (0.6, 0.4)}
"""Where each stage of a search for duplicates begins, and its share: of 4,500 files, three in four of them copies."""

_Found = tuple[str, bytes | Failure]


Tell = Callable[[str, Mapping[str, Any]], None]
"""Hears what a job finds, as an event of a name."""


def works_of(custody: Custody, fetching: Fetching, tell: Tell) -> Mapping[str, Work]:
    """The work of each kind of job; `tell` hears of what is found while it is looked for."""
    return {
        "index": lambda run: _index(custody, run),
        "zip": lambda run: _archive(custody, run),
        "urls": lambda run: _urls(custody, fetching, run),
        "rebuild": lambda run: custody.collection.rebuild(progress=_Watch(run)),
        "spaces": lambda run: _spaces(custody, run),
        "fold": lambda run: custody.fold(progress=_Watch(run)),
        "duplicates": lambda run: _duplicates(custody, run, tell),
        "apply": lambda run: _apply(custody, run),
        "undo": lambda run: _undo(custody, run),
    }


class _Watch(Progress):
    """Passes on how far the core is, counted over all sources, and ends it where the job is to end."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._before = self._last = 0
        self._report, self._failures = Report(), 0
        self._sum = counts(self._report)

    def seen(self, done: int, place: str) -> None:
        """So many pictures of this source are done."""
        if done < self._last:
            self._before += self._last
        self._last = done
        self._run.count(done=self._before + done, latest=place)

    def reported(self, report: Report) -> None:
        """What became of this source so far, added to those before it."""
        if report is not self._report:
            self._sum = self._counts()
            self._report, self._failures = report, 0
        for failure in report.failures[self._failures :]:
            self._run.fail(failure)
        self._failures = len(report.failures)
        self._run.count(**self._counts())

    def _counts(self) -> dict[str, int]:
        return {name: self._sum[name] + count for name, count in counts(self._report).items()}

    def made(self, encoder: str, done: int, total: int) -> None:
        """So many of the rows that were lacking are made."""
        self._run.count(done=done, total=total, latest=encoder)

    def folded(self, encoder: str, done: int, total: int) -> None:
        """An index is being made; the job may end here too."""
        del encoder, done, total
        self._run.breathe()


class _Indexing(_Watch):
    """The same, and ends where the disk is nearly full."""

    def __init__(self, custody: Custody, run: Run) -> None:
        super().__init__(run)
        self._custody = custody

    def reported(self, report: Report) -> None:
        """A batch is in; the next one needs room."""
        super().reported(report)
        self._custody.check_room()


def _index(custody: Custody, run: Run) -> None:
    custody.check_room()
    folders = [str(folder) for folder in run.job.plan["folders"]]
    over = threading.Event()
    counting = threading.Thread(target=_count, args=(custody, run, over), daemon=True, name="pictrace-count")
    counting.start()
    try:
        report = custody.collection.add(*folders, progress=_Indexing(custody, run))
    finally:
        over.set()
        counting.join()
    run.count(done=report.done, total=report.done, **counts(report))


def _count(custody: Custody, run: Run, over: threading.Event) -> None:
    """Tells how much there is, unless that is known before it was counted."""
    limits, count = custody.settings.limits, 0
    # What cannot be counted will be told of when it is read.
    with contextlib.suppress(PictraceError, OSError):
        for one in run.job.plan["folders"]:
            for _ in open_source(one, limits, known=lambda _: True).items():
                if over.is_set():
                    return
                count += 1
        run.total(count)


def _archive(custody: Custody, run: Run) -> None:
    path = custody.incoming(archive_of(run.job))
    try:
        _members(custody, run, path)
    except (ArchiveTooLargeError, ArchiveUnsafeError) as error:
        # By the name that the client knows it under.
        raise type(error)(str(error).replace(path.name, run.job.name, 1), hint=error.hint) from error
    custody.fold(progress=_Watch(run))


def _members(custody: Custody, run: Run, path: Path) -> None:
    limits = custody.settings.limits
    run.count(total=sum(1 for _ in Archive(path, limits, known=lambda _: True).items()))
    above = f"{path}!/"

    def members() -> Iterator[_Found]:
        for item in Archive(path, limits).items():
            if isinstance(item, Failure):
                # Where it lies here is nobody's business.
                said = item.detail.replace(str(path), run.job.name)
                yield item.path.removeprefix(above), Failure(item.path, item.code, said)
            else:
                yield item.location.uri.removeprefix(above), item.data or b""

    _take_in(custody, run, members(), lambda name: f"{run.job.name}/{names.shown(name)}")


def _spaces(custody: Custody, run: Run) -> None:
    """A change of encoders; one that a stop overtook when all was done is done."""
    change = Change(**run.job.plan)
    if run.job.attempts > 1 and change.is_done(custody.collection.spaces()):
        return
    custody.check_room()
    custody.collection.change_spaces(change, progress=_Watch(run))


def _duplicates(custody: Custody, run: Run, tell: Tell) -> None:
    """Groups of duplicates; done are pictures, as many as are its share of what there is to do."""
    plan = run.job.plan
    asked = Asked(plan["relation"], plan["min_score"], plan["filter"], tuple(plan["references"]))

    def progress(stage: str, done: int, total: int) -> None:
        begins, share = _STAGES[stage]
        pictures = total if stage != "told" else run.job.total or 0
        run.count(done=int(pictures * (begins + share * done / max(1, total))), total=pictures)

    run.count(total=len(custody.collection))
    custody.check_room()
    custody.review.find(asked, job=run.job.id, progress=progress, tell=lambda data: tell("groups", data))
    run.count(done=run.job.total or 0)


def _apply(custody: Custody, run: Run) -> None:
    """A plan applied; what it put aside is no longer listed."""
    outcome = _deed(custody, run, apply, "applied")
    custody.collection.forget_places(outcome.places)
    custody.review.forget()


def _undo(custody: Custody, run: Run) -> None:
    """A plan taken back; what came back is listed again."""
    outcome = _deed(custody, run, undo, "undone")
    if outcome.places:
        custody.collection.add(*outcome.places)
    custody.review.forget()


def _deed(custody: Custody, run: Run, do: Callable[..., Outcome], state: str) -> Outcome:
    """A plan applied or taken back; a file that stayed as it was is a failure of the job and stops no other."""
    plan = custody.settling.read(run.job.plan["plan"], run.job.plan["accepted"])
    outcome = do(plan, progress=lambda done, total, path: run.count(done=done, total=total, latest=path))
    for trouble in outcome.troubles:
        run.fail(Failure(trouble.path, trouble.code, trouble.detail))
    custody.settling.note(plan, state, done=outcome.done, size=outcome.bytes, failed=outcome.failed)
    run.count(failed=outcome.failed, done=outcome.done + outcome.already + outcome.failed)
    return outcome


def archive_of(job: Job) -> str:
    """The name under which the archive of a job lies in `incoming`, until the job has ended."""
    return f"{job.id}.zip"


def _urls(custody: Custody, fetching: Fetching, run: Run) -> None:
    urls = [str(url) for url in run.job.plan["urls"]]
    run.count(total=len(urls))

    def answers() -> Iterator[_Found]:
        for url, found in fetching.many(urls):
            yield url, found.data if isinstance(found, Fetched) else _failure(url, found)

    _take_in(custody, run, answers(), lambda url: url)
    custody.fold(progress=_Watch(run))


def _take_in(custody: Custody, run: Run, found: Iterator[_Found], called: Callable[[str], str]) -> None:
    """Every picture that was found is taken in, a few at a time; the job's numbers tell of each."""
    tally = dict.fromkeys(("done", "added", "known", "failed"), 0)
    metadata = run.job.plan.get("metadata")
    pending: deque[tuple[str, Future[Taken]]] = deque()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pictrace-job") as hands:
        for name, data in found:
            if isinstance(data, Failure):
                _note(run, tally, name, data)
            else:
                pending.append((name, hands.submit(custody.take_in, data, name=called(name), metadata=metadata)))
            del data
            while len(pending) > _AT_ONCE:
                _settle(run, tally, *pending.popleft())
        while pending:
            _settle(run, tally, *pending.popleft())


def _settle(run: Run, tally: dict[str, int], name: str, future: "Future[Taken]") -> None:
    try:
        known = future.result().known
    except PictureError as error:
        _note(run, tally, name, _failure(name, error))
        return
    tally["done"] += 1
    tally["known" if known else "added"] += 1
    run.count(latest=name, **tally)


def _note(run: Run, tally: dict[str, int], name: str, failure: Failure) -> None:
    run.fail(Failure(name, failure.code, failure.detail))
    tally["done"] += 1
    tally["failed"] += 1
    run.count(latest=name, **tally)


def _failure(name: str, error: PictureError | FetchError | Any) -> Failure:
    return Failure(name, error.code, str(error))
