-- Score by number of products
-- Do users with more products have a better score? The mean, the lowest and the highest score of
-- the users with none, one, two, ... products, and how many of them have no score.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_products
),

users AS (
  SELECT
    _id,
    count(already_have_products_pos) AS products,
    max(score_score) AS score
  FROM gold.user_products
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
  GROUP BY _id
)

SELECT
  products,
  count(*) AS users,
  CAST(sum(score) AS double) / nullif(count(score), 0) AS mean_score,
  min(score) AS lowest_score,
  max(score) AS highest_score,
  count(*) - count(score) AS users_without_score
FROM users
GROUP BY products
ORDER BY products
