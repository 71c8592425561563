-- Data quality
-- What is missing or at odds in an ingestion? One row per check: how many users it concerns, and
-- what share of all users they are. Documents that could not be read are in quarantine, not here.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_products
),

users AS (
  SELECT
    _id,
    CAST(max(score_score) AS double) AS score,
    max(score_score_text) AS score_text,
    min(created_at) AS created_at,
    max(updated_at) AS updated_at,
    count(already_have_products_pos) AS products,
    count(already_have_products_product_id) AS product_ids,
    count(DISTINCT already_have_products_product_id) AS different_product_ids,
    min(already_have_products_created_at) AS first_product
  FROM gold.user_products
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
  GROUP BY _id
),

counted AS (
  SELECT
    count(*) AS users,
    count(*) - count(score) AS no_score,
    count(CASE WHEN score < 0 OR score > 1000 THEN 1 END) AS odd_score,
    count(CASE WHEN score IS NOT NULL AND score_text IS NULL THEN 1 END) AS no_text,
    count(*) - count(created_at) AS no_creation,
    count(CASE WHEN updated_at < created_at THEN 1 END) AS odd_update,
    count(CASE WHEN products = 0 THEN 1 END) AS no_product,
    count(CASE WHEN product_ids < products THEN 1 END) AS no_product_id,
    count(CASE WHEN different_product_ids < product_ids THEN 1 END) AS same_product,
    count(CASE WHEN first_product < created_at THEN 1 END) AS early_product
  FROM users
),

checks AS (
  SELECT 1 AS place, 'all users' AS finding, users AS concerned FROM counted
  UNION ALL
  SELECT 2, 'no score', no_score FROM counted
  UNION ALL
  SELECT 3, 'score below 0 or above 1000', odd_score FROM counted
  UNION ALL
  SELECT 4, 'score without its text', no_text FROM counted
  UNION ALL
  SELECT 5, 'no date of creation', no_creation FROM counted
  UNION ALL
  SELECT 6, 'updated before created', odd_update FROM counted
  UNION ALL
  SELECT 7, 'no product', no_product FROM counted
  UNION ALL
  SELECT 8, 'a product without an id', no_product_id FROM counted
  UNION ALL
  SELECT 9, 'the same product more than once', same_product FROM counted
  UNION ALL
  SELECT 10, 'a product older than the user', early_product FROM counted
)

SELECT
  finding,
  concerned AS users,
  CAST(concerned AS double) / nullif((SELECT users FROM counted), 0) AS share
FROM checks
ORDER BY place
