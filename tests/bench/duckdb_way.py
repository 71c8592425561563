"""The three tables as one would write them in DuckDB: `python duckdb_way.py DUMP LAKE`."""

import sys
from pathlib import Path

import duckdb

dump, lake = (Path(argument) for argument in sys.argv[1:])
for table in ("silver/users", "gold/user_products", "gold/user_scores"):
    (lake / table).mkdir(parents=True, exist_ok=True)

layout = "array" if dump.suffix == ".json" else "newline_delimited"
db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'")
db.execute(f"""
    COPY (
        SELECT
            _id,
            createdAt."$date"::TIMESTAMPTZ AS created_at,
            updatedAt."$date"::TIMESTAMPTZ AS updated_at,
            name,
            score.score AS score_score,
            score.scoreName AS score_score_name,
            score.scoreText AS score_score_text,
            score.scoreDescription AS score_score_description,
            score.hasConsumidorPositivo AS score_has_consumidor_positivo,
            score.updateCount AS score_update_count,
            score.createdAt."$date"::TIMESTAMPTZ AS score_created_at,
            score.hasDebts AS score_has_debts,
            score.origin.utm_source AS score_origin_utm_source,
            score.origin.utm_medium AS score_origin_utm_medium,
            score.origin.utm_campaign AS score_origin_utm_campaign,
            score.origin.utm_term AS score_origin_utm_term,
            score.origin.utm_content AS score_origin_utm_content,
            score.origin.referrer AS score_origin_referrer,
            score.origin.ip AS score_origin_ip,
            score.origin.useragent AS score_origin_useragent,
            alreadyHaveProducts AS already_have_products
        FROM read_json('{dump}', format = '{layout}', sample_size = -1)
    ) TO '{lake}/silver/users/users.parquet' (COMPRESSION zstd)
""")
db.execute(f"CREATE VIEW users AS FROM '{lake}/silver/users/users.parquet'")
db.execute(f"""
    COPY (
        SELECT
            users.* EXCLUDE already_have_products,
            pos AS already_have_products_pos,
            product.productType AS already_have_products_product_type,
            product.productId AS already_have_products_product_id,
            product.createdAt."$date"::TIMESTAMPTZ AS already_have_products_created_at
        FROM users
        LEFT JOIN LATERAL (
            SELECT
                unnest(already_have_products) AS product,
                unnest(range(len(already_have_products))) AS pos
        ) ON true
    ) TO '{lake}/gold/user_products/user_products.parquet' (COMPRESSION zstd)
""")
db.execute(f"""
    COPY (
        SELECT
            CASE
                WHEN score_score IS NULL THEN 'SEM SCORE'
                WHEN score_score <= 200 THEN 'ATE 200'
                WHEN score_score <= 400 THEN 'DE 201 A 400'
                WHEN score_score <= 600 THEN 'DE 401 A 600'
                WHEN score_score <= 800 THEN 'DE 601 A 800'
                ELSE 'ACIMA DE 800'
            END AS score_group,
            count(*) AS users,
            count(*) / sum(count(*)) OVER () AS share,
            avg(regexp_extract(score_score_text, 'é provável que (\\d+)', 1)::INT / 100)
                AS expected_default_rate
        FROM users
        GROUP BY score_group
    ) TO '{lake}/gold/user_scores/user_scores.parquet' (COMPRESSION zstd)
""")
