"""The description of the API: complete, and kept to whatever is sent."""

import json


def test_the_description_needs_no_sign_in_and_names_every_tag(nobody):
    schema = nobody.get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    used = {tag for path in schema["paths"].values() for deed in path.values() for tag in deed["tags"]}
    assert used <= {tag["name"] for tag in schema["tags"]}


def test_every_reference_of_the_description_is_there(nobody):
    schema = nobody.get("/api/v1/openapi.json").json()
    text = json.dumps(schema)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names
    assert names <= schema["components"]["schemas"].keys()
