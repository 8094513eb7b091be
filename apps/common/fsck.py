"""Whether what is stored fits together: checks that every app adds to its folder `fsck_checks`, and their repair."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from django.db import connection, transaction

from .registry import Registry

EXAMPLES: Final = 5
ROUNDS: Final = 3  # one repair may bring another problem to light: rows without an owner stand in totals
_MEMORY: Final = "set local work_mem = '64MB'"


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of damage that is there.

    Args:
        problem: its key within the check.
        message: what is wrong and, where nothing repairs it, what to do.
        count: of rows or files.
        examples: ids, keys or names of some of them.
    """

    problem: str
    message: str
    count: int
    examples: Sequence[str]
    repairable: bool


class FsckCheck(ABC):
    """Looks at one subject. A check only reads; `repair` changes what can be changed without losing anything."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def find(self) -> Iterable[Finding]:
        """All that is wrong now. Work under way is never wrong: rows being written, uploads without a row yet."""

    @abstractmethod
    def repair(self, problem: str) -> None:
        """Repairs a problem that was found repairable; may be called again."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of damage that one statement finds.

    Args:
        find: a select of one text for each damaged row.
        repair: statements (or functions) of one transaction; none: nothing can be done without losing something.
    """

    key: str
    message: str
    find: str
    repair: Sequence[str | Callable[[], object]] = ()


class SqlCheck(FsckCheck):
    """A check whose problems are found and repaired by SQL, each in one passage over the tables."""

    problems: ClassVar[Sequence[Problem]]

    def find(self) -> Iterator[Finding]:
        """Runs every problem's select."""
        for problem in self.problems:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_MEMORY)
                cursor.execute(_COUNT.format(problem.find, EXAMPLES))
                count, examples = cursor.fetchone()
            if count:
                yield Finding(problem.key, problem.message, count, examples, bool(problem.repair))

    def repair(self, problem: str) -> None:
        """Runs the problem's statements in one transaction."""
        [found] = [item for item in self.problems if item.key == problem]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_MEMORY)
            for step in found.repair:
                if callable(step):
                    step()
                else:
                    cursor.execute(step)


_COUNT: Final = """
with found (name) as materialized ({})
select (select count(*) from found), array(select name from found order by 1 limit {})"""

fsck_checks: Registry[FsckCheck] = Registry("fsck check", "fsck_checks", FsckCheck)  # type: ignore[type-abstract]  # only subclasses are made


@dataclass(frozen=True, slots=True)
class Report:
    """What was found at first, and what of it is left: the same unless it was to be repaired."""

    found: dict[tuple[str, str], Finding]
    left: dict[tuple[str, str], Finding]


def run_checks(*, repair: bool = False) -> Report:
    """Runs every app's checks.

    Args:
        repair: repair what can be repaired, and look again.

    Returns:
        Findings by check and problem.

    Raises:
        StorageUnavailable, OperationalError.
    """
    checks = {key: check() for key, check in fsck_checks.all().items()}
    found = left = _look(checks)
    for _ in range(ROUNDS if repair else 0):
        repairable = [place for place, finding in left.items() if finding.repairable]
        if not repairable:
            break
        for check, problem in repairable:
            checks[check].repair(problem)
        left = _look(checks)
        found = {**left, **found}
    return Report(found, left)


def _look(checks: dict[str, FsckCheck]) -> dict[tuple[str, str], Finding]:
    return {(key, finding.problem): finding for key, check in checks.items() for finding in check.find()}
