"""Each mechanism, from the campaign as a coordinator writes it to the figures of the month, by HTTP and command."""

import re

import pytest

from tests.stories.mechanisms import STORIES, Story
from tests.stories.office import Json, Office

FROM_RECORDS = ("finance.", "rural.visit_money", "rural.goods_value", "suggestions.opinions")
"""Figures that ledger entries and suggestions make, not the activity."""


@pytest.mark.parametrize("mechanism", STORIES)
def test_what_a_mechanism_plans_is_recorded_and_counted(office: Office, mechanism: str) -> None:
    story = STORIES[mechanism]
    office.campaign(story.schedule, kind=story.kind, metrics=list(story.metrics), **story.campaign)
    if story.schedule.startswith("CASE:"):
        open_case(office, story)
    activity = planned(office, story)
    assert story.on in office.calendar_days("campaign:C")
    office.move_to(2026, 11, 30)
    office.put(f"activities/{activity['id']}/outcome", {"status": "held", **story.told})
    assert office.figures(story.on[:7], story.figures) == story.figures
    assert all(line["sources"] == 1 for line in told_lines(office, story))


def open_case(office: Office, story: Story) -> None:
    """Something happens to R1 on the first of March."""
    office.move_to(2026, 3, 1)
    kind = re.split("[:;]", story.schedule)[1]
    office.post("cases", {"code": "K1", "kind": kind, "person_code": "R1", "opened_on": "2026-03-01"})
    office.command("plan")


def planned(office: Office, story: Story) -> Json:
    """The activity of the story's day."""
    found = office.activities(first=story.on, last=story.on)
    assert found, f"nothing is planned on {story.on}"
    return found[0]


def told_lines(office: Office, story: Story) -> list[Json]:
    """The lines that the told activity alone makes."""
    lines = office.get(f"tallies/{story.on[:7]}")["lines"]
    asked = set(story.figures)
    return [line for line in lines if line["metric"] in asked and not line["metric"].startswith(FROM_RECORDS)]
