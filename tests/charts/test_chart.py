"""What every chart holds to: readable, told in words, saved whole."""

import base64
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib import rcParams
from PIL import Image

from support.chart_tables import EN, LONG, PT_BR, days, products, scores
from support.readable import assert_readable, contrast, shown
from workbench import charts
from workbench.charts.typesetting import STYLES, chart_style, colour


# all of them
def every_chart(words: dict[str, Any]) -> dict[str, charts.Chart]:
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


def test_what_has_nothing_to_show_is_told_in_a_sentence() -> None:
    nobody = scores([200], [0, 0, 5], [None] * 3)
    chart = charts.score_ranges(nobody, **EN)
    assert not chart.tells
    assert chart._repr_mimebundle_() == ({"text/plain": "100% of users have no score."}, {})
    assert charts.score_ranges(scores(), **EN).tells
    types = charts.product_types(products(without=5), users_total=5, **EN)
    assert not types.tells and types.title == "No product types in this ingestion"


def test_charts_work_from_a_zip_and_without_pyplot(tmp_path: Path) -> None:
    library, archive = Path(charts.__file__).parents[2], tmp_path / "workbench.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in library.glob("workbench/**/*"):
            if path.suffix in (".py", ".mplstyle"):
                bundle.write(path, path.relative_to(library))
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
