-- Expected default by product type and score range
-- Of the users who have a product type and stand in a score range: how many are they, and what
-- share of them is expected to default, by the text of their own score? Without a type: users
-- without products.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_products
),

owners AS (
  SELECT DISTINCT
    _id,
    already_have_products_product_type AS product_type,
    score_score AS score,
    CAST(
      replace(
        nullif(
          regexp_extract(score_score_text, 'que ([0-9]{1,3}(?:[.,][0-9]{1,6})?) apresentem', 1),
          ''
        ),
        ',', '.'
      ) AS decimal(9, 6)
    ) AS expected_in_100
  FROM gold.user_products
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
),

ranges AS (
  SELECT score_group, range_order, lower, upper
  FROM gold.user_scores
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
)

SELECT
  o.product_type,
  r.score_group,
  r.range_order,
  r.lower,
  r.upper,
  count(DISTINCT o._id) AS users,
  CAST(sum(o.expected_in_100) AS double) / nullif(count(o.expected_in_100), 0) / 100
    AS expected_default_rate
FROM owners AS o
INNER JOIN ranges AS r
  ON (r.lower IS NULL AND r.upper IS NULL AND o.score IS NULL)
  OR (r.lower IS NULL AND o.score <= r.upper)
  OR (o.score > r.lower - 1 AND o.score <= r.upper)
  OR (r.upper IS NULL AND o.score > r.lower - 1)
GROUP BY o.product_type, r.score_group, r.range_order, r.lower, r.upper
ORDER BY o.product_type NULLS LAST, r.range_order
