"""The dictionary of metrics, qualifiers of sums, and dimensions written as one text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Metric
from models.enums import Additivity, Basis, LedgerKind, Qualifier
from outreach import metrics
from outreach.errors import Conflict
from wording.sentences import LANGUAGES

EXACT, AT_LEAST, NEARLY, ABOUT = Qualifier

texts = st.text(max_size=12)


def test_the_dictionary_has_ninety_metrics_in_a_fixed_order() -> None:
    codes = list(metrics.definitions())
    assert len(codes) == 90
    assert (codes[0], codes[-1]) == ("study.sessions", "evaluation.score")


def test_every_ratio_is_recomputed_and_every_stock_is_entered_or_counted_on_the_day() -> None:
    bases: dict[Additivity, set[Basis]] = {}
    for definition in metrics.definitions().values():
        bases.setdefault(definition.additivity, set()).add(definition.basis)
    assert bases[Additivity.RATIO] == {Basis.FIGURES}
    assert bases[Additivity.ESTIMATE] == {Basis.ENTERED}
    assert bases[Additivity.DISTINCT] == {Basis.ATTENDEES, Basis.SERVED, Basis.VOLUNTEERS}
    assert bases[Additivity.STOCK] == {
        Basis.ENTERED,
        Basis.PAIRINGS,
        Basis.TEAMS,
        Basis.UNITS,
        Basis.PEOPLE,
    }


def test_every_figure_of_records_is_in_the_dictionary_with_its_basis() -> None:
    known = metrics.definitions()
    by_basis = {
        Basis.LEDGER: {figure.metric for figure in metrics.LEDGER_FIGURES},
        Basis.PAIRINGS: {figure.metric for figure in metrics.PAIRING_FIGURES},
        Basis.SUGGESTIONS: {metrics.SUGGESTIONS_RAISED, metrics.SUGGESTIONS_SETTLED},
    }
    for basis, codes in by_basis.items():
        assert {code for code, definition in known.items() if definition.basis is basis} == codes


def test_keeping_the_dictionary_twice_changes_nothing(session: Session) -> None:
    metrics.keep_dictionary(session)
    before = session.execute(select(Metric.code, Metric.id, Metric.position)).all()
    metrics.keep_dictionary(session)
    assert session.execute(select(Metric.code, Metric.id, Metric.position)).all() == before
    assert session.scalar(select(func.count()).select_from(Metric)) == 90


def test_keeping_the_dictionary_brings_words_up_to_date(session: Session) -> None:
    metrics.keep_dictionary(session)
    metric = session.scalars(select(Metric).where(Metric.code == "study.sessions")).one()
    metric.name_en = "Lessons"
    session.flush()
    metrics.keep_dictionary(session)
    assert metric.name_en == "Study sessions held"


def test_every_metric_is_named_in_every_language() -> None:
    simplified_alone = set("学场动员访问会议关队费业务传纪数结亲")
    for definition in metrics.definitions().values():
        assert set(definition.names) == set(definition.units) == set(LANGUAGES)
        assert all(definition.names.values())
        assert not simplified_alone & set(definition.names["zh_Hant"])
        assert (definition.names["en"] + definition.units["en"]).replace("é", "e").isascii()


def test_a_metric_that_the_dictionary_no_longer_has_keeps_its_name(session: Session) -> None:
    gone = Metric(code="gone.away", name_zh="旧指标", name_en="Gone", unit_zh="次")
    assert [metrics.metric_name(gone, language) for language in LANGUAGES] == ["旧指标", "旧指标", "Gone"]
    assert metrics.metric_unit(gone, "en") == "次"


def test_how_a_metric_adds_never_changes(session: Session) -> None:
    metrics.keep_dictionary(session)
    session.scalars(select(Metric).where(Metric.code == "study.sessions")).one().additivity = Additivity.STOCK
    session.flush()
    with pytest.raises(Conflict):
        metrics.keep_dictionary(session)


@pytest.mark.parametrize(
    ("kind", "campaign_kind", "figures"),
    [
        (LedgerKind.CASH, None, {"finance.visit_money"}),
        (LedgerKind.GOODS, "festival_visit", {"finance.visit_money", "finance.festival_money"}),
        (LedgerKind.CASH, "birthday", {"finance.visit_money", "finance.case_money"}),
        (LedgerKind.CASH, "rural", {"finance.visit_money", "rural.visit_money"}),
        (LedgerKind.GOODS, "rural", {"finance.visit_money", "rural.goods_value"}),
        (LedgerKind.SUBSIDY, "festival_visit", {"finance.hardship_subsidy"}),
        (LedgerKind.REIMBURSEMENT, None, {"finance.medical_reimbursed"}),
        (LedgerKind.DONATION, None, {"finance.donations"}),
    ],
)
def test_an_entry_feeds_the_figures_of_its_kind_and_campaign(
    kind: LedgerKind, campaign_kind: str | None, figures: set[str]
) -> None:
    fed = {figure.metric for figure in metrics.LEDGER_FIGURES if figure.takes(kind, campaign_kind)}
    assert fed == figures


@pytest.mark.parametrize(
    ("parts", "sum_is"),
    [
        ([EXACT, EXACT], EXACT),
        ([EXACT, AT_LEAST, AT_LEAST], AT_LEAST),
        ([NEARLY, EXACT], NEARLY),
        ([AT_LEAST, NEARLY], ABOUT),
        ([AT_LEAST, ABOUT], ABOUT),
        ([], EXACT),
    ],
)
def test_the_qualifier_of_a_sum_follows_its_inexact_parts(parts: list[Qualifier], sum_is: Qualifier) -> None:
    assert metrics.joined_qualifier(parts) is sum_is


@given(st.lists(st.sampled_from(Qualifier)))
def test_counting_inexact_parts_tells_the_same_qualifier_as_listing_them(parts: list[Qualifier]) -> None:
    counted = metrics.qualifier_of_counts(parts.count(AT_LEAST), parts.count(NEARLY), parts.count(ABOUT))
    assert counted is metrics.joined_qualifier(parts)


@given(st.dictionaries(texts, texts, max_size=4))
def test_dimensions_survive_being_written_as_one_text(dimensions: dict[str, str]) -> None:
    assert metrics.dimensions_of(metrics.combination_of(dimensions)) == dimensions


@given(st.dictionaries(texts, texts, max_size=4))
def test_the_order_in_which_dimensions_are_given_does_not_matter(dimensions: dict[str, str]) -> None:
    backwards = dict(reversed(dimensions.items()))
    assert metrics.combination_of(backwards) == metrics.combination_of(dimensions)


def test_dimensions_are_sorted_by_name() -> None:
    assert metrics.combination_of({"kind": "card", "category": "study"}) == "category=study;kind=card"


@pytest.mark.parametrize("text", ["kind", "kind=a;b", "=;=;x", "a=b=c"])
def test_what_is_no_combination_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no combination"):
        metrics.dimensions_of(text)


@pytest.mark.parametrize(
    ("metric", "value", "qualifier", "keys"),
    [
        ("materials.issued", "46", AT_LEAST, []),
        ("finance.dues", "1702.69", EXACT, []),
        ("rural.beneficiaries", "60", EXACT, []),
        ("no.such_metric", "1", EXACT, ["outcomes.unknown_metric"]),
        ("materials.issued", "4.5", EXACT, ["outcomes.value_must_be_whole"]),
        ("finance.dues", "1.005", EXACT, ["outcomes.too_many_decimals"]),
        ("materials.issued", "-1", EXACT, ["outcomes.value_not_a_quantity"]),
        ("materials.issued", "NaN", EXACT, ["outcomes.value_not_a_quantity"]),
        ("materials.issued", "1E30", EXACT, ["outcomes.value_too_great"]),
        ("materials.issued", "1", NEARLY, ["outcomes.qualifier_not_allowed"]),
        (
            "health.recuperation_days",
            "1.5",
            ABOUT,
            ["outcomes.value_must_be_whole", "outcomes.qualifier_not_allowed"],
        ),
    ],
)
def test_an_entered_value_must_be_one_that_its_metric_can_have(
    metric: str, value: str, qualifier: Qualifier, keys: list[str]
) -> None:
    faults = metrics.faults_of_entry(metric, Decimal(value), qualifier, field="measures")
    assert [fault.key for fault in faults] == keys


@pytest.mark.parametrize(
    ("value", "decimals", "shown"), [("0.125", 2, "0.13"), ("2.5", 0, "3"), ("66.665", 2, "66.67")]
)
def test_halves_round_up(value: str, decimals: int, shown: str) -> None:
    assert str(metrics.rounded(Decimal(value), decimals)) == shown
