import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench import charts
from workbench.records.run import RunRecord
from workbench.report.run_page import build_report
from workbench.stored import from_json

RUN: dict[str, Any] = {
    "run_id": "2022-01-18T120000-abc123",
    "state": "done",
    "started": "2022-01-18T12:00:00Z",
    "finished": "2022-01-18T12:00:05Z",
    "seconds": 5.25,
    "parameters": {
        "source": ["/home/someone/dumps/users_dump.json"],
        "ingestion_date": "2022-01-18",
        "score_edges": [200, 400],
        "max_bad_share": 0.01,
        "types": {"zip": "string", "paid": "decimal(10,2)"},
        "expand": [],
        "as_map": {},
    },
    "engine": {"name": "sail", "version": "0.7.2"},
    "versions": {"python": "3.11.7", "pyspark": "3.5.6"},
    "git_commit": "0123456789abcdef0123",
    "sources": [
        {
            "path": "/home/someone/dumps/users_dump.json",
            "bytes": 945123,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015",
            "layout": "array, one element a line",
            "compression": "none",
        }
    ],
    "counts": {
        "documents": 13005,
        "silver": 13000,
        "quarantined": 5,
        "reasons": {"invalid JSON": 1, "null key": 2, "superseded": 2},
    },
    "proof": {"leaves": 21202, "paths": 24, "agrees": True},
    "steps": {
        "01_silver_users": {
            "state": "done",
            "seconds": 2.1,
            "rows_in": 13006,
            "rows_out": 13007,
            "quarantined": 8,
            "leaves": 21203,
            "output": "/home/someone/lake/silver/users/ingestion_date=2022-01-18",
        },
        "04_score_charts": {"state": "not run"},
    },
}
KINDS = ("Gráfico de barras", "Bar chart", "Histogram", "Mapa de calor", "Heat map")


class Page(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text, self.tags = "", list[tuple[str, dict[str, str | None]]]()
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "body":
            self.text = ""

    def handle_endtag(self, tag: str) -> None:
        if tag != "strong":
            self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def save_charts(folder: Path, locale: str, kind: str = "creditcard") -> Path:
    scores = pd.DataFrame(
        {
            "score_group": ["ATE 200", "ACIMA DE 200", "SEM SCORE"],
            "range_order": [1, 2, 3],
            "lower": [None, 201, None],
            "upper": [200, None, None],
            "users": [3000, 9000, 1000],
            "share": [3 / 13, 9 / 13, 1 / 13],
            "expected_default_rate": [0.9, 0.1, None],
        }
    )
    products = pd.DataFrame(
        {"product_type": pd.Series([kind, None], dtype=object), "users": [5000, 8000]}
    )
    days = pd.DataFrame({"day": pd.date_range("2021-11-02", periods=70), "users": range(70)})
    words: dict[str, Any] = {"locale": locale, "source": "users_dump.json", "date": "2022-01-18"}
    charts.score_ranges(scores, **words).save(folder)
    charts.default_rates(scores, **words).save(folder)
    charts.product_types(products, users_total=13000, **words).save(folder)
    charts.users_per_day(days, **words).save(folder)
    cells = scores.assign(product_type=kind)
    charts.products_by_range(cells, users_total=13000, **words).save(folder)
    counted = pd.DataFrame({"score": [100, 700, None], "users": [3000, 9000, 1000]})
    charts.score_distribution(counted, edges=[200], **words).save(folder)
    change = scores.assign(users_before=pd.Series([2000, None, 1000]), users_after=scores["users"])
    charts.change_between(change, before="2022-01-17", **words).save(folder)
    return folder


@pytest.fixture(scope="module", params=["pt_BR", "en"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp(request.param)
    drawn = save_charts(folder / "charts", request.param)
    return Page(build_report(record_of(RUN), drawn, folder / "report.html", request.param))


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_charts(tmp_path_factory.mktemp("english"), "en")


def record_of(run: dict[str, Any]) -> RunRecord:
    return from_json(RunRecord, run)


def build(run: dict[str, Any], drawn: Path, folder: Path) -> Page:
    return Page(build_report(record_of(run), drawn, folder / "report.html", "en"))


def test_report_needs_nothing_from_outside_itself(page: Page) -> None:
    addresses = [
        str(attributes[name])
        for _, attributes in page.tags
        for name in ("src", "href", "srcset", "data", "action")
        if name in attributes
    ]
    assert addresses
    assert [address[:30] for address in addresses if not address.startswith(("data:", "#"))] == []
    assert not page.all("script")
    assert not re.search(r"@import|url\(", page.html)


def test_report_language_is_declared(page: Page) -> None:
    language = page.all("html")[0]["lang"]
    assert {"pt-BR": "Como foi feito", "en": "How it was made"}[str(language)] in page.text


def test_report_headings_are_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels == [1, 2, *[3] * 7, 2, *[3] * 7, 2, *[3] * 5]


def test_report_images_have_their_alt_text(page: Page) -> None:
    alts = [str(image["alt"]) for image in page.all("img")]
    assert len(alts) == 7
    assert all(alt.startswith(KINDS) for alt in alts)


def test_report_tables_have_headers_with_a_scope(page: Page) -> None:
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))


def test_report_says_the_finding_in_words(english: Path, tmp_path: Path) -> None:
    assert (
        "Among 13,000 users, the range above 200 is the largest, with 9,000 (69.2%). "
        "The mean expected default rate is 30.0%."
    ) in build(RUN, english, tmp_path).text


def test_ranges_that_tie_have_no_winner(english: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tied"
    shutil.copytree(english, folder)
    file = folder / "score_ranges.json"
    chart = json.loads(file.read_text())
    for row in chart["numbers"]["ranges"][:2]:
        row["users"], row["share"] = 6000, 6 / 13
    file.write_text(json.dumps(chart))
    text = build(RUN, folder, tmp_path).text
    assert "Among 13,000 users, 2 ranges are the largest, each with 6,000 (46.2%)." in text
    assert "In the largest range" not in text


NOTHING = dict.fromkeys(("score", "score_text", "product_type", "created_at"), "")


def test_a_report_speaks_only_of_what_the_run_has(english: Path, tmp_path: Path) -> None:
    done = RUN | {"steps": {"04_score_charts": {"state": "done"}}}
    text = build(done, tmp_path / "none", tmp_path).text
    assert "Users Ingested" in text and "13,000 users. Users 13,000 How it was made" in text
    assert not any(word in text.lower() for word in ("chart:", "range", "product type", "no chart"))
    days = tmp_path / "days"
    days.mkdir()
    for file in english.glob("users_per_day.*"):
        shutil.copy(file, days)
    text = build(done, days, tmp_path).text
    assert "New users peaked at 69" in text and "score range" not in text


def test_a_report_awaits_no_chart_of_a_field_that_there_is_not(tmp_path: Path) -> None:
    failed = RUN | {"parameters": RUN["parameters"] | NOTHING, "state": "failed"}
    assert "No chart" not in build(failed, tmp_path / "none", tmp_path).text
    dated = failed | {"parameters": failed["parameters"] | {"created_at": "at"}}
    assert build(dated, tmp_path / "none", tmp_path).text.count("No chart") == 1


def test_report_shows_every_count_of_the_run(english: Path, tmp_path: Path) -> None:
    text = build(RUN, english, tmp_path).text
    for shown in (
        "945,123",
        "Documents read 13,005 In the silver table 13,000 In quarantine 5",
        "Refused: invalid JSON 1 Refused: null key 2 Refused: superseded 2",
        "21,202 values, in 24 fields, compared between the source and silver: equal, 13,000 "
        "documents in silver and 2 superseded ones in quarantine taken together.",
        "silver/users/ingestion_date=2022-01-18 done 2.1 s 13,006 13,007 8 21,203",
        "04_score_charts not run – – – – –",
        "Duration 5.2 s",
    ):
        assert shown in text


def test_report_shows_where_the_run_came_from(english: Path, tmp_path: Path) -> None:
    text = build(RUN, english, tmp_path).text
    for shown in (
        "2022-01-18T120000-abc123",
        "sail 0.7.2",
        "python 3.11.7, pyspark 3.5.6",
        "0123456789ab",
        "9f86d081884c",
        "18 Jan 2022 12:00:05 UTC",
        "200, 400",
        "types zip: string, paid: decimal(10,2) expand – as_map –",
    ):
        assert shown in text


def test_report_names_files_without_their_folders(page: Page) -> None:
    assert "users_dump.json" in page.text
    assert "someone" not in page.text


def test_report_shows_every_row_of_every_chart(english: Path, tmp_path: Path) -> None:
    page = build(RUN, english, tmp_path)
    for shown in ("9,000", "69.2%", "creditcard", "no product", "5,000", "10 Jan 2022"):
        assert shown in page.text


def test_report_says_that_nothing_was_lost(english: Path, tmp_path: Path) -> None:
    assert "Nothing was lost" in build(RUN, english, tmp_path).text


@pytest.mark.parametrize(
    ("part", "change", "warning"),
    [
        ("counts", {"silver": 12999}, "The sum does not hold"),
        ("proof", {"agrees": False}, "there are differences"),
    ],
)
def test_report_warns_of_what_was_lost(
    part: str, change: dict[str, Any], warning: str, english: Path, tmp_path: Path
) -> None:
    page = build(RUN | {part: RUN[part] | change}, english, tmp_path)
    assert warning in page.text
    assert "Nothing was lost" not in page.text


def test_report_lists_what_drifted(english: Path, tmp_path: Path) -> None:
    changes = [
        {"path": "a.b", "change": "widened", "before": "int", "after": "double"},
        {"path": "new[]", "change": "added", "before": None, "after": "string"},
    ]
    page = build(RUN | {"drift": {"since": "2022-01-17", "changes": changes}}, english, tmp_path)
    for words in ("since 17 Jan 2022", "a.b", "widened: int → double", "added: string"):
        assert words in page.text
    unchanged = build(RUN | {"drift": {"since": None, "changes": []}}, english, tmp_path)
    assert "What changed" not in unchanged.text


def test_report_of_a_failed_run_says_so(english: Path, tmp_path: Path) -> None:
    page = build(RUN | {"state": "failed"}, english, tmp_path)
    assert "This run did not finish. State: failed." in page.text


def test_report_of_a_run_that_has_only_begun_is_a_page_of_dashes(tmp_path: Path) -> None:
    known = ("run_id", "state", "started", "parameters", "engine", "git_commit")
    run = {key: RUN[key] for key in known} | {"steps": {"01_silver_users": {}}, "git_commit": None}
    page = build(run, tmp_path / "none", tmp_path)
    assert page.text.count("No chart: the step was not run.") == 7
    assert "–" in page.text and "01_silver_users" in page.text


@pytest.mark.parametrize("key", ["finished", "seconds", "versions", "sources", "counts", "proof"])
def test_report_accepts_that_a_part_of_the_run_is_missing(key: str, tmp_path: Path) -> None:
    run = {name: value for name, value in RUN.items() if name != key}
    assert "–" in build(run, tmp_path / "none", tmp_path).text


def test_report_of_a_first_ingestion_says_so_instead_of_a_chart(tmp_path: Path) -> None:
    drawn = save_charts(tmp_path / "charts", "en")
    change = pd.DataFrame([{"lower": None, "upper": 9, "users_before": None, "users_after": 3}])
    words = {"locale": "en", "source": "x", "date": "2022-01-18"}
    charts.change_between(change, before=None, **words).save(drawn)
    page = build(RUN, drawn, tmp_path)
    assert "First ingestion: nothing to compare with." in page.text
    assert len(page.all("img")) == 6


def test_report_shows_what_the_steps_noted_in_its_language(tmp_path: Path) -> None:
    notes = [
        "a: b: no such field in this ingestion",
        "3 keys stood twice in one object; the last value won",
        "c: no such array in this ingestion, so each user has one row",
    ]
    run = RUN | {"steps": {"01": {"notes": notes}}}
    page = Page(build_report(record_of(run), tmp_path / "none", tmp_path / "report.html", "pt_BR"))
    assert "a: b não há este campo nesta ingestão" in page.text
    assert "3 chaves repetidas num mesmo objeto; vale o último valor" in page.text
    assert "c não há este array nesta ingestão; cada usuário tem uma linha" in page.text


def test_report_falls_back_to_png_without_svg(tmp_path: Path) -> None:
    drawn = save_charts(tmp_path / "charts", "en")
    (drawn / "score_ranges.svg").unlink()
    sources = [str(image["src"])[:15] for image in build(RUN, drawn, tmp_path).all("img")]
    assert sources == ["data:image/png;", *["data:image/svg+"] * 6]


def test_report_escapes_hostile_text(tmp_path: Path) -> None:
    drawn = save_charts(tmp_path / "charts", "en", kind='"><script>alert(1)</script>')
    page = build(RUN | {"run_id": "<img src=x onerror=alert(1)>"}, drawn, tmp_path)
    assert not page.all("script")
    assert len(page.all("img")) == 7
    assert '"><script>alert(1)</script>' in page.text


def test_report_replaces_the_old_one_and_leaves_nothing_else(english: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    for _ in range(2):
        out = build_report(record_of(RUN), english, folder / "report.html", "en")
    assert list(folder.iterdir()) == [out]


def test_report_is_under_two_megabytes(english: Path, tmp_path: Path) -> None:
    assert (
        build_report(record_of(RUN), english, tmp_path / "r.html", "en").stat().st_size < 2_000_000
    )


def test_report_refuses_an_unknown_locale(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pt_BR, en"):
        build_report(record_of(RUN), tmp_path, tmp_path / "r.html", "pt-BR")


def test_report_leaves_out_what_a_dump_has_not(english: Path, tmp_path: Path) -> None:
    charts_of = tmp_path / "charts"
    shutil.copytree(english, charts_of)
    rates = json.loads((charts_of / "default_rates.json").read_text())
    rates["numbers"]["users_with_rate"] = 0
    (charts_of / "default_rates.json").write_text(json.dumps(rates))
    page = build_report(record_of(RUN), charts_of, tmp_path / "report.html", "en").read_text(
        "utf-8"
    )
    assert "Expected default per range" not in page and "Users per score range" in page
