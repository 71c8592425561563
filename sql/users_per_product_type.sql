-- Users per product type
-- How many users have each product type? Someone with three cards counts once, someone with a card
-- and a loan in both, so the shares add up to more than 1. Without a type: users without products.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_products
),

owners AS (
  SELECT DISTINCT _id, already_have_products_product_type AS product_type
  FROM gold.user_products
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
)

SELECT
  product_type,
  count(*) AS users,
  CAST(count(*) AS double) / (SELECT count(DISTINCT _id) FROM owners) AS share
FROM owners
GROUP BY product_type
ORDER BY users DESC, product_type NULLS LAST
