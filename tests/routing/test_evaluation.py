"""What a criterion passes, and that the index finds the very rules that trying them all would find."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.routing.evaluation import CompiledRule, RoutingRequest, RuleIndex, predicate
from chat_app.routing.models import Criterion
from tests.routing import builders
from tests.routing.builders import Row

OPERATORS = [
    # operator, value of the criterion, value of the request, passes
    ("equals", "gold", "gold", True),
    ("equals", "gold", "Gold", False),
    ("equals", "gold", " gold", False),
    ("equals", "gold", "", False),
    ("equals", "", "", False),
    ("equals", "gold", None, False),
    ("not-equals", "gold", "silver", True),
    ("not-equals", "gold", "gold", False),
    ("not-equals", "gold", "", True),
    ("not-equals", "gold", None, True),
    ("not-equals", "", "", False),
    ("not-equals", "", "anything", True),
    ("one-of", "gold\nsilver", "silver", True),
    ("one-of", "gold\r\n silver \n\n", "silver", True),
    ("one-of", "gold\nsilver", "bronze", False),
    ("one-of", "gold\nsilver", "", False),
    ("one-of", "gold\n\nsilver", "", False),
    ("one-of", "gold", None, False),
    ("contains", "fund", "a refund, please", True),
    ("contains", "fund", "A REFUND", False),
    ("contains", "fund", "", False),
    ("contains", "", "", False),
    ("contains", "fund", None, False),
    ("starts-with", "+49", "+4930", True),
    ("starts-with", "+49", "0049", False),
    ("starts-with", "", "", False),
    ("starts-with", "+49", None, False),
    ("at-least", "10", "10", True),
    ("at-least", "10", "9", False),
    ("at-least", "9", "10", True),
    ("at-least", "1.5", "1.50", True),
    ("at-least", "-2", "-1", True),
    ("at-least", "10", "", False),
    ("at-least", "10", "many", False),
    ("at-least", "many", "10", False),
    ("at-least", "0", "NaN", False),
    ("at-least", "0", "Infinity", False),
    ("at-least", "0", "1e5", False),
    ("at-least", "0", "1_000", False),
    ("at-least", "0", "١٢", False),
    ("at-least", "0", None, False),
    ("at-most", "10", "10", True),
    ("at-most", "10", "11", False),
    ("at-most", "10", "9.99", True),
    ("at-most", "10", "", False),
    ("at-most", "9007199254740992", "9007199254740993", False),
    ("is-empty", "", "", True),
    ("is-empty", "", "x", False),
    ("is-empty", "", " ", False),
    ("is-empty", "", None, False),
]


@pytest.mark.parametrize(("operator", "value", "found", "passes"), OPERATORS)
def test_operator(operator: str, value: str, found: str | None, passes: bool) -> None:
    assert predicate(operator, value)(found) is passes


def test_every_operator_is_in_the_table() -> None:
    assert {row[0] for row in OPERATORS} == set(Criterion.Operator.values)


def test_an_unknown_operator_is_an_error() -> None:
    with pytest.raises(ValueError, match="sounds-like"):
        predicate("sounds-like", "gold")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("gold", "gold"),
        (12, "12"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        ("", ""),
        (["gold"], None),
        ({"gold": 1}, None),
    ],
)
def test_custom_fields_are_compared_as_text(value: object, text: str | None) -> None:
    assert builders.request(custom_fields={"tier": value}).texts().get(("custom-field", "tier"), "") == text


def test_what_is_empty_is_as_if_absent() -> None:
    assert builders.request().texts() == {}
    assert builders.request({"question": ""}, custom_fields={"tier": None, "region": ""}).texts() == {}


def test_each_subject_reads_its_own_value() -> None:
    request = builders.request({"tier": "of attribute"}, custom_fields={"tier": "of key"}, organization="100")
    rows: list[Row] = [
        ("attribute", "tier", "equals", "of attribute"),
        ("custom-field", "tier", "equals", "of key"),
        ("caller-organization", "", "equals", "100"),
        ("caller-organization", "left from another subject", "equals", "100"),
    ]
    assert all(builders.criterion(row).holds(request.texts()) for row in rows)


def test_a_rule_without_criteria_holds_always() -> None:
    rule = builders.compiled(1)
    assert list(RuleIndex([rule]).holding(builders.request())) == [rule]


def test_all_criteria_must_hold() -> None:
    rule = builders.compiled(
        1, ("attribute", "stripeCode", "equals", "CRM"), ("attribute", "question", "contains", "x")
    )
    index = RuleIndex([rule])
    assert list(index.holding(builders.request({"stripeCode": "CRM", "question": "xyz"}))) == [rule]
    assert not list(index.holding(builders.request({"stripeCode": "CRM", "question": "abc"})))


def test_a_thousand_rules_are_not_all_tried() -> None:
    tried: list[int] = []

    def watched(rule: CompiledRule) -> CompiledRule:
        def watch(text: str | None, number: int = rule.id) -> bool:
            tried.append(number)
            return text is not None

        return replace(rule, criteria=tuple(replace(criterion, passes=watch) for criterion in rule.criteria))

    shared: Row = ("attribute", "stripeCode", "equals", "CRM")
    rules = [watched(builders.compiled(n, shared, ("attribute", "productId", "equals", str(n)))) for n in range(1000)]
    list(RuleIndex(rules).holding(builders.request({"stripeCode": "CRM", "productId": "700"})))
    assert set(tried) == {700}


# Few names and values, so that rules and requests meet often.
NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["", "1", "2", "10", "2.5", "gold", "golden", "true", " 1"])
VALUES = TEXTS | st.lists(TEXTS, max_size=3).map("\n".join)
CUSTOM_VALUES = TEXTS | st.none() | st.booleans() | st.integers(0, 11) | st.floats() | st.lists(TEXTS, max_size=1)
CRITERIA = st.tuples(
    st.sampled_from(Criterion.Subject.values), NAMES, st.sampled_from(Criterion.Operator.values), VALUES
)
RULES = st.lists(st.lists(CRITERIA, max_size=3), max_size=12).map(
    lambda rules: [builders.compiled(number, *rows) for number, rows in enumerate(rules)]
)
REQUESTS = st.builds(
    RoutingRequest,
    attributes=st.dictionaries(NAMES, TEXTS),
    custom_fields=st.dictionaries(NAMES, CUSTOM_VALUES),
    caller_organization=TEXTS,
)


@given(rules=RULES, request=REQUESTS)
def test_the_index_finds_what_trying_every_rule_finds(rules: list[CompiledRule], request: RoutingRequest) -> None:
    assert list(RuleIndex(rules).holding(request)) == [rule for rule in rules if rule.holds(request.texts())]
