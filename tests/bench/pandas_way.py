"""The three tables as one would write them in pandas: `python pandas_way.py DUMP LAKE`."""

import json
import re
import sys
from pathlib import Path

import pandas as pd

DATE = "%Y-%m-%dT%H:%M:%S.%f%z"


def snake_case(name: str) -> str:
    name = name.replace(".$date", "").replace(".", "_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def flat(documents: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.json_normalize(documents)
    dates = [name for name in frame.columns if name.endswith(".$date")]
    frame[dates] = frame[dates].apply(pd.to_datetime, format=DATE, utc=True)
    return frame.rename(columns=snake_case)


dump, lake = (Path(argument) for argument in sys.argv[1:])
for table in ("silver/users", "gold/user_products", "gold/user_scores"):
    (lake / table).mkdir(parents=True, exist_ok=True)

with dump.open(encoding="utf-8") as file:
    users = flat(json.load(file))
users.to_parquet(lake / "silver/users/users.parquet")

rows = users.explode("already_have_products", ignore_index=True)
products = flat([row if isinstance(row, dict) else {} for row in rows["already_have_products"]])
products.insert(0, "pos", rows.groupby("_id").cumcount())
products.loc[rows["already_have_products"].isna(), "pos"] = pd.NA
user_products = rows.drop(columns="already_have_products").join(
    products.add_prefix("already_have_products_")
)
user_products.to_parquet(lake / "gold/user_products/user_products.parquet")

ranges = pd.cut(
    users["score_score"],
    bins=[float("-inf"), 200, 400, 600, 800, float("inf")],
    labels=["ATE 200", "DE 201 A 400", "DE 401 A 600", "DE 601 A 800", "ACIMA DE 800"],
)
rates = users["score_score_text"].str.extract(r"é provável que (\d+)", expand=False)
user_scores = (
    (rates.astype("float") / 100)
    .groupby(ranges.astype("object").fillna("SEM SCORE"))
    .agg(users="size", expected_default_rate="mean")
    .rename_axis("score_group")
    .reset_index()
)
user_scores["share"] = user_scores["users"] / len(users)
user_scores.to_parquet(lake / "gold/user_scores/user_scores.parquet")
