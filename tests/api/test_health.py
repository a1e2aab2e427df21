"""Health and readiness: both answer without signing in."""


def test_the_process_says_that_it_serves(nobody):
    assert nobody.get("/healthz").json() == {"status": "ok"}


def test_readiness_names_the_database_and_the_clockwork(nobody):
    answer = nobody.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "clockwork": "stopped"}


def test_a_database_that_is_away_is_not_ready(app, nobody, tmp_path):
    from dataclasses import replace

    from models.database import make_engine

    away = make_engine(f"sqlite:///{tmp_path}/nowhere/yinling.db")
    app.state.office = replace(app.state.office, engine=away)
    answer = nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"
