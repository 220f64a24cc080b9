"""What was found of a person, table by table, what was done with it, and what was left and why."""

from dataclasses import dataclass, field

from django.utils.functional import Promise

ELSEWHERE = "What was found and is not counted as erased was gone already: somebody else erases or purges, too."


@dataclass(slots=True)
class Lines:
    """Rows of one table. ``blanked``: they stay, and nothing in them says whose they are. ``why`` some were left."""

    found: int = 0
    erased: int = 0
    blanked: int = 0
    left: int = 0
    why: list[Promise | str] = field(default_factory=list)

    def leave(self, count: int, why: Promise | str) -> None:
        """Note how many rows stay and why; looked at again, the later count holds."""
        self.left = count
        if count and why and why not in self.why:
            self.why.append(why)


@dataclass(slots=True)
class Report:
    """All tables in which there was something, by their labels. ``names``: the compared forms that were looked for."""

    names: tuple[str, ...]
    tables: dict[str, Lines] = field(default_factory=dict)
    is_shared: bool = False
    """Whether some of what was found had gone before it was erased here."""

    def of(self, table: str) -> Lines:
        """The lines of a table."""
        return self.tables.setdefault(table, Lines())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing about this person."""
        return not any(lines.found for lines in self.tables.values())

    def settle(self) -> None:
        """Count as found what was written, and erased, after the first look; note what others were faster with."""
        for lines in self.tables.values():
            accounted_for = lines.erased + lines.blanked + lines.left
            self.is_shared |= lines.found > accounted_for
            lines.found = max(lines.found, accounted_for)
            lines.why = lines.why if lines.left else []

    def text(self) -> str:
        """The report for people, a line for each table."""
        rows = [_row(table, lines) for table, lines in self.tables.items() if lines.found]
        reasons = [f"{table}: {why}" for table, lines in self.tables.items() for why in lines.why]
        names = f"Looked for: {', '.join(self.names)}"
        head = f"{'table':<40}{'found':>9}{'erased':>9}{'blanked':>9}{'left':>9}"
        left = ["", "Left:", *reasons] if reasons else []
        return "\n".join([names, "", head, *rows, *left, *(["", ELSEWHERE] if self.is_shared else [])])


def _row(table: str, lines: Lines) -> str:
    return f"{table:<40}{lines.found:>9}{lines.erased:>9}{lines.blanked:>9}{lines.left:>9}"
