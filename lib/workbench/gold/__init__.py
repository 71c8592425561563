"""Gold: flat tables of users and products, users per score range, and what charts need of them."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.gold.change import order, ranges_beside, read_change, same_ranges
    from workbench.gold.products import first_products, publish_user_products, user_products
    from workbench.gold.read import (
        PRODUCTS,
        SCORES,
        column_name,
        key_columns,
        key_in,
        read_products,
        read_scores,
        read_users,
        source_names,
    )
    from workbench.gold.score_counts import EVERYONE, ScoreCounts, count_scores
    from workbench.gold.score_ranges import STATED_RATE
    from workbench.gold.scores import publish_user_scores, user_scores
    from workbench.gold.summaries import (
        users_per_day,
        users_per_product_type,
        users_per_score,
        users_per_type_and_range,
    )

__all__ = [
    "EVERYONE",
    "PRODUCTS",
    "SCORES",
    "STATED_RATE",
    "ScoreCounts",
    "column_name",
    "count_scores",
    "first_products",
    "key_columns",
    "key_in",
    "order",
    "publish_user_products",
    "publish_user_scores",
    "ranges_beside",
    "read_change",
    "read_products",
    "read_scores",
    "read_users",
    "same_ranges",
    "source_names",
    "user_products",
    "user_scores",
    "users_per_day",
    "users_per_product_type",
    "users_per_score",
    "users_per_type_and_range",
]

__getattr__ = on_demand(__name__)
