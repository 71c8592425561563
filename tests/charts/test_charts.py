import base64
import datetime as dt
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib import rcParams
from PIL import Image

from support.readable import assert_readable, contrast, shown
from workbench import charts
from workbench.charts.typesetting import STYLES, chart_style, colour

PT_BR = {"locale": "pt_BR", "source": "users.json", "date": "2022-01-18"}
EN = PT_BR | {"locale": "en"}
USERS = [66, 72, 83, 457, 322, 0]
RATES = [0.983, 0.507, 0.171, 0.095, 0.049, None]
FIRST = dt.date(2021, 11, 2)
LONG = "a product with a name that no one would ever read to its end " * 4


def scores(
    edges: Sequence[int] = (200, 400, 600, 800),
    users: Sequence[int] = USERS,
    rates: Sequence[float | None] = RATES,
) -> pd.DataFrame:
    lowers = [None, *(edge + 1 for edge in edges), None]
    return pd.DataFrame(
        {
            "score_group": [f"G{place}" for place in range(len(users))],
            "range_order": range(1, len(users) + 1),
            "lower": lowers,
            "upper": [*edges, None, None],
            "users": users,
            "share": [count / (sum(users) or 1) for count in users],
            "expected_default_rate": rates,
        }
    )


def products(**users: int) -> pd.DataFrame:
    kinds = [None if kind == "without" else kind for kind in users]
    return pd.DataFrame({"product_type": kinds, "users": list(users.values())})


def days(users: Sequence[int], first: dt.date = FIRST, step: int = 1) -> pd.DataFrame:
    places = range(len(users))
    return pd.DataFrame(
        {"day": [first + dt.timedelta(days=place * step) for place in places], "users": users}
    )


# score ranges


def test_score_ranges_title_states_the_finding_in_each_locale() -> None:
    titles = [charts.score_ranges(scores(), **words).title for words in (PT_BR, EN)]
    assert titles == ["601 a 800 concentra 46% dos usuários", "601 to 800 holds 46% of users"]


def test_score_ranges_label_every_bar_with_number_and_share() -> None:
    bars = ["66 (6,6%)", "72 (7,2%)", "83 (8,3%)", "457 (45,7%)", "322 (32,2%)", "0 (0,0%)"]
    drawn = shown(charts.score_ranges(scores(), **PT_BR))
    assert [text for text in drawn if "%)" in text and "\n" not in text] == bars


def test_score_ranges_keep_their_natural_order_whatever_the_order_of_rows() -> None:
    chart = charts.score_ranges(scores().iloc[::-1], **PT_BR)
    assert list(chart.table["Faixa de score"]) == [
        "até 200",
        "201 a 400",
        "401 a 600",
        "601 a 800",
        "acima de 800",
        "sem score",
    ]


def test_score_ranges_numbers_are_raw_and_complete() -> None:
    numbers = charts.score_ranges(scores(), **EN).numbers
    assert [row["users"] for row in numbers["ranges"]] == USERS
    assert (numbers["users"], numbers["without_score"]) == (1000, 0)
    assert numbers["mean_default_rate"] == pytest.approx(0.174768)


def test_score_ranges_state_period_population_and_missing() -> None:
    users = [10, 10, 10, 10, 10, 1200]
    subtitle = charts.score_ranges(scores(users=users), **EN).subtitle
    assert "Ingested 18 Jan 2022; N = 1,250; no score: 1,200" in subtitle


def test_score_ranges_say_so_when_most_have_no_score() -> None:
    users = [10, 10, 10, 10, 10, 150]
    chart = charts.score_ranges(scores(users=users), **EN)
    assert chart.title == "75% of users have no score"


def test_score_ranges_of_no_users_are_zeros() -> None:
    chart = charts.score_ranges(scores(users=[0] * 6, rates=[None] * 6), **EN)
    assert chart.title == "No users in this ingestion"
    assert set(chart.table["% of users"]) == {"0.0%"}


def test_score_ranges_highlight_only_the_largest() -> None:
    axes = charts.score_ranges(scores(), **EN).figure.axes[0]
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert [colours.count(colour) for colour in colours] == [5, 5, 5, 1, 5, 5]


def test_score_ranges_bars_start_at_zero() -> None:
    assert charts.score_ranges(scores(), **EN).figure.axes[0].get_xlim()[0] == 0


def test_score_ranges_refuse_an_empty_table() -> None:
    with pytest.raises(ValueError, match="scores has no rows"):
        charts.score_ranges(scores().head(0), **EN)


def test_score_ranges_refuse_a_table_without_a_column() -> None:
    with pytest.raises(ValueError, match="scores lacks share"):
        charts.score_ranges(scores().drop(columns="share"), **EN)


def test_score_ranges_refuse_an_unknown_locale() -> None:
    with pytest.raises(ValueError, match="pt_BR, en"):
        charts.score_ranges(scores(), locale="fr", source="x", date="2022-01-18")


# default rates


def test_default_rates_title_tells_how_the_rate_falls() -> None:
    titles = [charts.default_rates(scores(), **words).title for words in (PT_BR, EN)]
    assert titles == [
        "Inadimplência esperada cai de 98,3% para 4,9% com o score",
        "Expected default falls from 98.3% to 4.9% as score rises",
    ]


def test_default_rates_title_names_the_highest_when_they_do_not_fall() -> None:
    rates = [0.1, 0.5, 0.2, None, None, None]
    title = charts.default_rates(scores(rates=rates), **EN).title
    assert title == "Highest expected default: 50.0% at 201 to 400"


def test_default_rates_show_a_missing_rate_as_such() -> None:
    rows = [charts.default_rates(scores(), **words).table.iloc[-1] for words in (PT_BR, EN)]
    assert [row.iloc[-1] for row in rows] == ["n/d", "n/a"]


def test_default_rates_state_how_many_users_have_none() -> None:
    rates = [0.9, 0.5, None, 0.1, 0.05, None]
    subtitle = charts.default_rates(scores(rates=rates), **EN).subtitle
    assert "N = 917 users; no rate: 83" in subtitle


def test_default_rates_without_any_rate_say_so() -> None:
    chart = charts.default_rates(scores(rates=[None] * 6), **EN)
    assert chart.title == "No score range states an expected default rate"
    assert chart.numbers["mean_default_rate"] is None


# product types


def test_product_types_are_sorted_by_users_with_none_last() -> None:
    table = products(without=900, loan=1, creditcard=712, digitalaccount=566)
    chart = charts.product_types(table, users_total=1000, **EN)
    assert list(chart.table["Product type"]) == [
        "creditcard",
        "digitalaccount",
        "loan",
        "no product",
    ]


def test_product_types_shares_are_of_all_users() -> None:
    chart = charts.product_types(products(a=712, b=566, without=30), users_total=1000, **PT_BR)
    assert list(chart.table["% dos usuários"]) == ["71,2%", "56,6%", "3,0%"]
    assert chart.numbers["without_product"] == 30
    assert "as porcentagens não somam 100%" in chart.subtitle


def test_product_types_title_states_the_finding() -> None:
    title = charts.product_types(products(creditcard=712, b=9), users_total=1000, **EN).title
    assert title == "Creditcard reaches 71% of users"


def test_product_types_say_so_when_most_have_no_product() -> None:
    chart = charts.product_types(products(a=20, without=80), users_total=100, **PT_BR)
    assert chart.title == "80% dos usuários não têm produto"


def test_product_types_beyond_twenty_stay_in_the_table() -> None:
    many = {f"type {place:02d}": 100 - place for place in range(60)}
    chart = charts.product_types(products(**many, without=5), users_total=1000, **EN)
    assert len(chart.figure.axes[0].patches) == 21
    assert len(chart.table) == 61
    assert "the 20 largest of 60" in chart.subtitle


def test_product_types_of_no_users_divide_by_nothing() -> None:
    chart = charts.product_types(products(a=0, without=0), users_total=0, **EN)
    assert [row["share"] for row in chart.numbers["types"]] == [0.0, 0.0]


# users per day


def test_users_per_day_title_states_the_peak() -> None:
    titles = [charts.users_per_day(days([3, 50, 9]), **words).title for words in (PT_BR, EN)]
    assert titles == [
        "Usuários novos: pico de 50 em 03/11/2021",
        "New users peaked at 50 (3 Nov 2021)",
    ]


def test_users_per_day_show_days_without_users_as_zero() -> None:
    chart = charts.users_per_day(days([5, 7], step=3), **EN)
    assert [row["users"] for row in chart.numbers["periods"]] == [5, 0, 0, 7]
    assert list(chart.table["New users"]) == ["5", "0", "0", "7"]


def test_users_per_day_count_users_without_a_date_as_missing() -> None:
    table = pd.concat([days([5, 7]), pd.DataFrame({"day": [None], "users": [4]})])
    chart = charts.users_per_day(table, **EN)
    assert "2 Nov 2021 to 3 Nov 2021; N = 12; no date: 4" in chart.subtitle


def test_users_per_day_accept_that_no_one_has_a_date() -> None:
    chart = charts.users_per_day(pd.DataFrame({"day": [None], "users": [4]}), **EN)
    assert chart.title == "No new users in the period"
    assert chart.numbers["without_date"] == 4


def test_users_per_day_accept_timestamps_in_any_order() -> None:
    table = days([5, 7, 9]).iloc[::-1].assign(day=lambda t: pd.to_datetime(t["day"]))
    assert [row["users"] for row in charts.users_per_day(table, **EN).numbers["periods"]] == [
        5,
        7,
        9,
    ]


def test_users_per_day_mean_is_of_a_day_and_the_six_before_it() -> None:
    chart = charts.users_per_day(days([7, 0, 0, 0, 0, 0, 0, 14]), **EN)
    assert chart.numbers["mean_of_7_days"] == [None] * 6 + [1.0, 2.0]
    assert list(chart.table["7-day mean"]) == ["n/a"] * 6 + ["1.0", "2.0"]
    (line,) = chart.figure.axes[0].lines
    assert list(line.get_ydata()) == [1.0, 2.0] and "7-day\nmean" in shown(chart)


@pytest.mark.parametrize("table", [days([1] * 6), days([0] * 70), days([1] * 1101)])
def test_users_per_day_without_seven_days_of_users_have_no_mean(table: pd.DataFrame) -> None:
    chart = charts.users_per_day(table, **EN)
    assert chart.numbers["mean_of_7_days"] == [] and not chart.figure.axes[0].lines


@pytest.mark.parametrize(
    ("table", "grain", "periods"),
    [
        (days([1] * 1100), "day", 1100),
        (days([1] * 1101), "month", 37),
        (days([1, 2], first=dt.date(1900, 3, 1), step=40_000), "year", 110),
    ],
)
def test_users_per_day_widen_the_grain_of_long_periods(
    table: pd.DataFrame, grain: str, periods: int
) -> None:
    numbers = charts.users_per_day(table, **EN).numbers
    assert (numbers["grain"], len(numbers["periods"])) == (grain, periods)
    assert sum(row["users"] for row in numbers["periods"]) == table["users"].sum()


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (1, ["02/11\n2021"]),
        (70, ["02/11\n2021", "16/11", "30/11", "14/12", "28/12"]),
        (1096, ["jan\n2022", "jul", "jan\n2023", "jul", "jan\n2024", "jul"]),
    ],
)
def test_users_per_day_label_few_days_of_any_period(length: int, labels: list[str]) -> None:
    axes = charts.users_per_day(days([3] * length), **PT_BR).figure.axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == labels


# all of them


def every_chart(words: dict[str, str]) -> dict[str, charts.Chart]:
    table, many = scores(), [place % 40 for place in range(1096)]
    twenty = scores(range(50, 1000, 50), [*range(0, 400, 20), 3], [0.5] * 20 + [None])
    one = scores([], [7, 0], [0.3, None]).assign(lower=pd.Series([0.0, None]))
    zero = scores(users=[0] * 6, rates=[None] * 6)
    most = scores(users=[10**9, 5, 0, 10**9, 7, 10**9])
    names = products(**{LONG: 10**9, "W" * 90: 10**8, "$x^2$ <b>&": 5, " ": 1, "日本 😀\x00": 1})
    types = products(creditcard=712, loan=1, without=30)
    by_range = {"usual": table, "twenty": twenty, "one": one, "zero": zero, "most": most}
    by_day = {
        "usual": days([3, 9, 50, 4] * 18),
        "one": days([74]),
        "zero": days([0] * 70),
        "years": days(many),
        "most": days([10**9, 3, 10**9 + 1, 8] * 3),
        "last": days([1, 2, 3, 4, 5, 90]),
        "century": days([1, 2], step=40_000),
    }
    made = {f"ranges {k}": charts.score_ranges(t, **words) for k, t in by_range.items()}
    made |= {f"rates {k}": charts.default_rates(t, **words) for k, t in by_range.items()}
    made |= {f"days {k}": charts.users_per_day(t, **words) for k, t in by_day.items()}
    made["types usual"] = charts.product_types(types, users_total=1000, **words)
    made["types long"] = charts.product_types(names, users_total=10**9, **words)
    source = words | {"source": "a_very_long_name_" * 20}
    return made | {"long source": charts.score_ranges(table, **source)}


@pytest.fixture(scope="module", params=[PT_BR, EN], ids=["pt_BR", "en"])
def drawn(request: pytest.FixtureRequest) -> dict[str, charts.Chart]:
    return every_chart(request.param)


def test_text_is_large_enough_and_neither_overlaps_nor_is_clipped(
    drawn: dict[str, charts.Chart],
) -> None:
    for chart in drawn.values():
        assert_readable(chart)


def test_titles_have_at_most_ten_words(drawn: dict[str, charts.Chart]) -> None:
    titles = [chart.title for case, chart in drawn.items() if case != "types long"]
    assert max(len(title.split()) for title in titles) <= 10


@pytest.mark.parametrize("style", STYLES)
def test_marks_and_texts_stand_out_from_the_background(style: str) -> None:
    with chart_style(style):
        back = rcParams["axes.facecolor"]
        marks = [colour("highlight"), colour("grey")]
        words = [colour("secondary"), rcParams["text.color"], rcParams["xtick.labelcolor"]]
    assert min(contrast(mark, back) for mark in marks) >= 3
    assert min(contrast(word, back) for word in words) >= 4.5


def test_dark_differs_from_light_in_colours_alone() -> None:
    light, dark = (charts.users_per_day(days([3] * 9), **EN, style=style) for style in STYLES)
    assert shown(light) == shown(dark)
    assert light.figure.get_size_inches().tolist() == dark.figure.get_size_inches().tolist()
    assert contrast(light.figure.get_facecolor(), dark.figure.get_facecolor()) > 10


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match="light, dark"):
        charts.score_ranges(scores(), **EN, style="sepia")


def test_save_writes_picture_drawing_and_numbers(tmp_path: Path) -> None:
    paths = charts.score_ranges(scores(), **EN).save(tmp_path / "charts")
    assert [path.name for path in paths] == [
        "score_ranges.png",
        "score_ranges.svg",
        "score_ranges.json",
    ]


def test_saved_json_holds_the_table_as_shown_and_the_numbers(tmp_path: Path) -> None:
    chart = charts.score_ranges(scores(), **PT_BR)
    saved = json.loads(chart.save(tmp_path)[2].read_text(encoding="utf-8"))
    assert saved["columns"] == ["Faixa de score", "Usuários", "% dos usuários"]
    assert saved["rows"][3] == ["601 a 800", "457", "45,7%"]
    assert saved["numbers"] == chart.numbers
    assert saved["caption"] == "Fonte: users.json. Ingestão de 18/01/2022."


def test_png_carries_title_and_alt_text(tmp_path: Path) -> None:
    chart = charts.score_ranges(scores(), **PT_BR)
    with Image.open(chart.save(tmp_path)[0]) as image:
        assert image.info["Title"] == chart.title
        assert image.info["Description"] == chart.alt
    assert chart.alt == (
        "Gráfico de barras dos usuários por faixa de score, em que 601 a 800 tem o maior número: "
        "457 (45,7%) de 1.000. Sem score: 0."
    )


def test_png_has_twice_the_pixels_and_no_transparency(tmp_path: Path) -> None:
    chart = charts.score_ranges(scores(), **EN)
    with Image.open(chart.save(tmp_path)[0]) as image:
        assert image.width == round(chart.figure.get_figwidth() * 200)
        assert image.convert("RGBA").getchannel("A").getextrema() == (255, 255)


def test_svg_is_an_image_with_title_and_alt_text(tmp_path: Path) -> None:
    chart = charts.product_types(products(**{'<b>"&': 3}), users_total=9, **EN)
    root = ElementTree.fromstring(chart.save(tmp_path)[1].read_bytes())
    svg = "{http://www.w3.org/2000/svg}"
    assert (root.get("role"), root.get("aria-label")) == ("img", chart.alt)
    assert (root.findtext(f"{svg}title"), root.findtext(f"{svg}desc")) == (chart.title, chart.alt)


def test_saving_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        for chart in (
            charts.score_ranges(scores(), **EN),
            charts.users_per_day(days([3] * 200), **EN),
        ):
            chart.save(tmp_path / folder)
    saved = [
        [path.read_bytes() for path in sorted((tmp_path / f).iterdir())] for f in ("one", "two")
    ]
    assert saved[0] == saved[1]


def test_svg_of_hostile_labels_is_well_formed(tmp_path: Path) -> None:
    table = products(**{"\x00\x1b]]><script>": 3, "\ufffe": 2})
    chart = charts.product_types(table, users_total=9, **EN)
    assert ElementTree.fromstring(chart.save(tmp_path)[1].read_bytes()).tag.endswith("svg")


def test_notebook_shows_the_picture_and_reads_the_alt_text() -> None:
    chart = charts.score_ranges(scores(), **EN)
    data, metadata = chart._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == chart.alt
    assert metadata["image/png"]["width"] == 500


def test_charts_work_from_a_zip_and_without_pyplot(tmp_path: Path) -> None:
    package, archive = Path(charts.__file__).parent, tmp_path / "workbench.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in [*package.glob("*.py"), *package.glob("*.mplstyle")]:
            bundle.write(path, f"workbench/{path.name}")
    program = (
        "import sys, pandas as pd; from workbench import charts\n"
        "table = pd.DataFrame({'product_type': ['a'], 'users': [1]})\n"
        "charts.product_types(table, users_total=1, locale='en', source='x', date='2022-01-18')\n"
        "print('workbench.zip' in charts.__file__, 'matplotlib.pyplot' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"PYTHONPATH": str(archive), "PATH": "", "HOME": str(Path.home())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout.split(), run.stderr) == (["True", "False"], "")
