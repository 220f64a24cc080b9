from chat_app.adf.describe import DescribedAttribute, described_resource


def test_what_does_not_apply_is_left_out() -> None:
    attribute = DescribedAttribute(name="a", type="integer", meaning="An a.", mandatory=True, updatable=False)
    assert attribute.as_json() == {
        "name": "a",
        "type": "integer",
        "updatable": False,
        "mandatory": True,
        "queryable": False,
        "allowChanges": "never",
        "description": "An a.",
    }


def test_what_applies_is_said() -> None:
    attribute = DescribedAttribute(
        name="a",
        type="string",
        meaning="",
        mandatory=False,
        updatable=True,
        precision=5,
        values=("x", "y"),
        default="x",
    )
    entry = attribute.as_json()
    assert (entry["precision"], entry["allowedValues"], entry["default"]) == (5, ["x", "y"], "x")


def test_a_resource_that_can_only_be_created() -> None:
    address = "https://chat.example.com/crmRestApi/resources/latest/things"
    resource = described_resource(name="things", title="Things", address=address, attributes=[])["Resources"]["things"]
    assert resource["title"] == "Things"
    assert [action["name"] for action in resource["collection"]["actions"]] == ["create"]
    assert resource["item"]["actions"] == []
    assert [(link["rel"], link["href"], link["kind"]) for link in resource["links"]] == [
        ("self", f"{address}/describe", "describe"),
        ("canonical", f"{address}/describe", "describe"),
    ]
