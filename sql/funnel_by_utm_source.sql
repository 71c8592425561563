-- Funnel by utm source
-- Of the users whom each campaign source brought, how many got a score, then a product, then a
-- second one? Each step counts those of the step before it. Without a source: users for whom none
-- was recorded.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_products
),

users AS (
  SELECT
    _id,
    score_origin_utm_source AS utm_source,
    max(score_score) IS NOT NULL AS has_score,
    count(already_have_products_pos) AS products
  FROM gold.user_products
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
  GROUP BY _id, score_origin_utm_source
)

SELECT
  utm_source,
  count(*) AS users,
  count(CASE WHEN has_score THEN 1 END) AS users_with_score,
  count(CASE WHEN has_score AND products >= 1 THEN 1 END) AS users_with_product,
  count(CASE WHEN has_score AND products >= 2 THEN 1 END) AS users_with_second_product,
  CAST(count(CASE WHEN has_score AND products >= 1 THEN 1 END) AS double) / count(*)
    AS share_with_product
FROM users
GROUP BY utm_source
ORDER BY users DESC, utm_source NULLS LAST
