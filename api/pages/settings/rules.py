"""Rules of the house on a page: as they stand, saved with a way back, and tried before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.forms.settings import told_rules, version
from api.forms.typed import TheTypedFields, Typed
from api.pages.desk import Desk, RehearsalDesk, TheDesk
from api.pages.settings.layout import expect_administrator, expect_reader, render_section
from api.pages.status import Undo
from api.presenters.forms import FormShown, refused, stale
from api.presenters.settings.rules import effect_rows, labels, rule_groups, typed_rules
from outreach.clockwork import Moment
from outreach.errors import Invalid, Stale
from outreach.house_rules import HouseRules, change_house_rules, house_rules, listed, version_of_rules
from outreach.rule_effects import Foreseen, foresee, jobs_named
from wording.sentences import say

Shown = Mapping[str, Any]
"""What a template names; Any: each its own."""
NOTHING: Shown = MappingProxyType({})


def nothing_besides(_desk: Desk, _typed: Typed, _rules: HouseRules) -> Shown:
    """What most sections show besides their rules."""
    return NOTHING


@dataclass(frozen=True, slots=True)
class RuleSection:
    """Rules that one page changes, under headings, and the jobs whose next run they decide."""

    name: str
    groups: Mapping[str, Sequence[str]]
    jobs: Sequence[str] = ()
    counts_liaisons: bool = False
    besides: Callable[[Desk, Typed, HouseRules], Shown] = nothing_besides

    @property
    def names(self) -> Sequence[str]:
        return [name for names in self.groups.values() for name in names]

    @property
    def address(self) -> str:
        return f"/settings/{self.name}"


def rules_named(*beginnings: str) -> Sequence[str]:
    """The rules whose names begin so, in the order of the house."""
    return [rule.name for rule in listed(HouseRules()) if rule.name.startswith(beginnings)]


def add_routes(router: APIRouter, section: RuleSection) -> None:
    """The three ways to a section that has nothing else to say: open it, change it, try it."""

    @router.get(section.address)
    def opened(desk: TheDesk) -> Response:
        return show(desk, section)

    @router.post(section.address)
    def changed(desk: TheDesk, fields: TheTypedFields) -> Response:
        return change(desk, section, fields.last)

    @router.post(f"{section.address}/try")
    def tried(desk: RehearsalDesk, fields: TheTypedFields) -> Response:
        return try_out(desk, section, fields.last)


def show(desk: Desk, section: RuleSection, typed: Typed = NOTHING) -> Response:
    """A section as it stands; `typed` chooses what is shown besides."""
    expect_reader(desk)
    rules = house_rules(desk.session)
    version_now = str(version_of_rules(rules, section.names))
    form = FormShown({**typed_rules(rules, section.names), "version": version_now})
    return page(desk, section, form, rules=rules, **section.besides(desk, typed, rules))


def change(desk: Desk, section: RuleSection, typed: Typed) -> Response:
    """Save what was typed; the status line offers the former values."""
    expect_administrator(desk)
    was = typed_rules(house_rules(desk.session), section.names)
    told = told_rules(typed, section.names)
    try:
        with desk.attempt():
            seen = version(typed)
            rules = change_house_rules(desk.session, told, by=desk.actor, now=desk.now, version=seen)
    except Stale:
        present = version_of_rules(house_rules(desk.session), told)
        form = stale(typed, was, labels(section.names, desk.language), version=present)
        return page(
            desk, section, form, status=412, **section.besides(desk, typed, house_rules(desk.session))
        )
    except Invalid as error:
        form = refused(typed, error, language=desk.language)
        return page(
            desk, section, form, status=422, **section.besides(desk, typed, house_rules(desk.session))
        )
    changed = [name for name, value in typed_rules(rules, section.names).items() if value != was[name]]
    if not changed:
        return desk.done(section.address, "settings_page.nothing_changed")
    words = say(f"settings_page.section_{section.name}", language=desk.language)
    if typed.get("undoes"):
        return desk.done(section.address, "settings_page.undone", section=words)
    back = {name: was[name] for name in changed}
    back |= {"undoes": "yes", "version": str(version_of_rules(rules, changed))}
    return desk.done(section.address, "settings_page.saved", undo=Undo(section.address, back), section=words)


def try_out(desk: Desk, section: RuleSection, typed: Typed) -> Response:
    """What would follow from what was typed. Nothing of it is kept."""
    expect_administrator(desk)
    before = _foreseen(desk, section)
    form, status = typed_form(desk, section, typed)
    effects = effect_rows(before, _foreseen(desk, section), desk.language) if status == 200 else None
    return page(
        desk,
        section,
        form,
        status=status,
        effects=effects,
        **section.besides(desk, typed, house_rules(desk.session)),
    )


def typed_form(desk: Desk, section: RuleSection, typed: Typed) -> tuple[FormShown, int]:
    """Let the typed rules count for the rest of this rehearsal; the form, and the status of the answer."""
    try:
        with desk.attempt():
            told = told_rules(typed, section.names)
            change_house_rules(desk.session, told, by=desk.actor, now=desk.now)
    except Invalid as error:
        return refused(typed, error, language=desk.language), 422
    return FormShown(typed), 200


def page(
    desk: Desk,
    section: RuleSection,
    form: FormShown,
    *,
    status: int = 200,
    rules: HouseRules | None = None,
    **shown: Any,  # Any: each template names what it shows
) -> Response:
    """A section with a form; `effects` are there after they were asked for. `rules` spares asking for them."""
    shown.setdefault("effects", None)
    return render_section(
        desk,
        section.name,
        f"{section.name}.html",
        status=status,
        groups=rule_groups(rules or house_rules(desk.session), section.groups, desk.language),
        form=form,
        address=section.address,
        **shown,
    )


def _foreseen(desk: Desk, section: RuleSection) -> Foreseen:
    return foresee(
        desk.session,
        jobs_named(desk.office.jobs, section.jobs),
        by=desk.actor,
        moment=Moment(desk.now, desk.now, desk.zone),
        counts_liaisons=section.counts_liaisons,
    )
