"""Which assignment rule takes a request (docs/administration.md, "Assignment rules").

The criteria of a rule are compiled once into functions, and the rules of an interface into a ``RuleIndex``, so that
a request is tried against the few rules that can hold for it and not against all of them.

What is compared is text, exactly. An empty value passes only *is empty* and *does not equal*. *Greater or equal* and
*less or equal* compare numbers and hold only when both sides are whole or decimal numbers.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple, Self, TypeAlias

from chat_app.routing.models import Criterion
from chat_app.routing.texts import Text, lines, number, text_of

Subject = Criterion.Subject
Operator = Criterion.Operator

Place: TypeAlias = tuple[str, str]
"""Where a value stands in a request: subject and name."""

Texts: TypeAlias = Mapping[Place, Text]
"""The values of a request by place; what is not there is empty."""

Predicate: TypeAlias = Callable[[Text], bool]

NOT_ROUTED_BY = frozenset({"chatPriority", "escalationLevel", "assigneeId"})
"""Attributes by which a caller who speaks for nobody else cannot jump the queue: echoed, but no rule sees them."""

ANYTHING = None
"""Stands in the index for "some text", beside the texts themselves."""


class RoutingRequest(NamedTuple):
    """What rules can test, and the queue that was asked for.

    ``attributes`` holds the request's attributes under their wire names, absent or ``""`` where there is none;
    ``custom_fields`` the parsed object of ``customFields``; ``caller_organization`` a party id or ``""``.
    """

    attributes: Mapping[str, str] = MappingProxyType({})
    custom_fields: Mapping[str, Any] = MappingProxyType({})
    caller_organization: str = ""
    queue_id: int | None = None

    @classmethod
    def for_chat(
        cls,
        *,
        attributes: Mapping[str, str],
        custom_fields: Mapping[str, Any],
        organization_party_id: int | None,
        queue_id: int | None,
        speaks_for_others: bool,
    ) -> Self:
        """Say what rules may see of a request for a chat, depending on whether its caller may speak for others."""
        if not speaks_for_others:
            attributes = {name: value for name, value in attributes.items() if name not in NOT_ROUTED_BY}
        return cls(attributes, custom_fields, str(organization_party_id or ""), queue_id)

    def texts(self) -> Texts:
        """Bring every value into the form that is compared. What is empty is left out."""
        texts: dict[Place, Text] = {("attribute", name): text for name, text in self.attributes.items() if text}
        for name, value in self.custom_fields.items():
            if (text := text_of(value)) != "":
                texts["custom-field", name] = text
        if self.caller_organization:
            texts["caller-organization", ""] = self.caller_organization
        return texts


@dataclass(frozen=True, slots=True)
class CompiledCriterion:
    """A criterion, ready to be tried. ``value`` is as the administrator wrote it.

    ``index_texts``: the texts of which one must stand at ``place`` for it to hold; empty if that cannot be told.
    """

    id: int
    place: Place
    operator: str
    value: str
    passes: Predicate
    index_texts: frozenset[Text]

    def holds(self, texts: Texts) -> bool:
        """Tell whether a request with these texts passes the test."""
        return self.passes(texts.get(self.place, ""))


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule, ready to be tried. Without criteria it holds for every request."""

    id: int
    rank: int
    name: str
    enabled: bool
    queue_id: int
    criteria: tuple[CompiledCriterion, ...]

    def holds(self, texts: Texts) -> bool:
        """Tell whether a request with these texts passes the test of every criterion."""
        for criterion in self.criteria:  # noqa: SIM110 - a generator would cost more than the test itself
            if not criterion.passes(texts.get(criterion.place, "")):
                return False
        return True


class RuleIndex:
    """Finds the rules that hold for a request, in the order of ``rules``.

    Each rule is filed under the one of its criteria that the fewest others share: under the texts that *equals* and
    *is one of* ask for, else under "some text". Rules whose criteria tell nothing of the kind are always tried.
    """

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._rules = tuple(rules)
        self._filed: dict[Place, dict[Text, list[int]]] = {}
        self._always_tried: list[int] = []
        sharing = Counter(key for rule in rules for criterion in rule.criteria for key in _keys(criterion))
        for position, rule in enumerate(rules):
            self._file(position, _narrowest(rule, sharing))

    def holding(self, request: RoutingRequest) -> Iterator[CompiledRule]:
        """Find the rules that hold for ``request``, in the order that the index was given."""
        texts = request.texts()
        for position in sorted(self._candidates(texts)):
            if self._rules[position].holds(texts):
                yield self._rules[position]

    def _file(self, position: int, criterion: CompiledCriterion | None) -> None:
        if criterion is None:
            self._always_tried.append(position)
            return
        by_text = self._filed.setdefault(criterion.place, {})
        for text in criterion.index_texts:
            by_text.setdefault(text, []).append(position)

    def _candidates(self, texts: Texts) -> list[int]:
        candidates = list(self._always_tried)
        for place, text in texts.items():
            by_text = self._filed.get(place)
            if by_text and text is not None:
                candidates += by_text.get(text, ())
                candidates += by_text.get(ANYTHING, ())
        return candidates


def compile_criterion(*, id: int, subject: str, name: str, operator: str, value: str) -> CompiledCriterion:  # noqa: A002 - the row's own name
    """Make a row of criteria ready. Raises ``ValueError`` for an operator that does not exist."""
    place = (subject, "" if subject == Subject.CALLER_ORGANIZATION else name)
    return CompiledCriterion(
        id=id,
        place=place,
        operator=operator,
        value=value,
        passes=predicate(operator, value),
        index_texts=_index_texts(operator, value),
    )


def expected_texts(operator: str, value: str) -> list[str]:
    """List the texts that *equals* or *is one of* asks for. An empty one would never hold, so it is left out."""
    if operator == Operator.ONE_OF:
        return lines(value)
    return [value] if value else []


def predicate(operator: str, value: str) -> Predicate:
    """Make the test of an operator with ``value``. Raises ``ValueError`` for an operator that does not exist."""
    return _PREDICATES[Operator(operator)](value)


def _index_texts(operator: str, value: str) -> frozenset[Text]:
    if operator in (Operator.EQUALS, Operator.ONE_OF):
        return frozenset(expected_texts(operator, value))
    if operator in (Operator.NOT_EQUALS, Operator.IS_EMPTY):
        return frozenset()
    return frozenset({ANYTHING})


def _one_of(operator: Operator) -> Callable[[str], Predicate]:
    def build(value: str) -> Predicate:
        texts = frozenset(expected_texts(operator, value))
        return lambda text: text in texts

    return build


def _not_equals(value: str) -> Predicate:
    return lambda text: text != value


def _contains(value: str) -> Predicate:
    return lambda text: text is not None and text != "" and value in text


def _starts_with(value: str) -> Predicate:
    return lambda text: text is not None and text != "" and text.startswith(value)


def _at_least(value: str) -> Predicate:
    return _compares(value, Decimal.__ge__)


def _at_most(value: str) -> Predicate:
    return _compares(value, Decimal.__le__)


def _compares(value: str, compare: Callable[[Decimal, Decimal], bool]) -> Predicate:
    limit = number(value)

    def passes(text: Text) -> bool:
        found = number(text)
        return found is not None and limit is not None and compare(found, limit)

    return passes


def _is_empty(_value: str) -> Predicate:
    return lambda text: text == ""


_PREDICATES: Mapping[Operator, Callable[[str], Predicate]] = {
    Operator.EQUALS: _one_of(Operator.EQUALS),
    Operator.NOT_EQUALS: _not_equals,
    Operator.ONE_OF: _one_of(Operator.ONE_OF),
    Operator.CONTAINS: _contains,
    Operator.STARTS_WITH: _starts_with,
    Operator.AT_LEAST: _at_least,
    Operator.AT_MOST: _at_most,
    Operator.IS_EMPTY: _is_empty,
}


def _keys(criterion: CompiledCriterion) -> list[tuple[Place, Text]]:
    return [(criterion.place, text) for text in criterion.index_texts]


def _narrowest(rule: CompiledRule, sharing: Counter[tuple[Place, Text]]) -> CompiledCriterion | None:
    def breadth(criterion: CompiledCriterion) -> tuple[bool, int]:
        return ANYTHING in criterion.index_texts, sum(sharing[key] for key in _keys(criterion))

    return min((criterion for criterion in rule.criteria if criterion.index_texts), key=breadth, default=None)
