-- Users and their product types
-- Which users have which product type, how many products of it, and since when? Users without
-- products are left out.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_products
)

SELECT
  _id,
  already_have_products_product_type AS product_type,
  count(*) AS products,
  min(already_have_products_created_at) AS first_one
FROM gold.user_products
WHERE
  ingestion_date = (SELECT value FROM ingestion_date)
  AND already_have_products_pos IS NOT NULL
GROUP BY _id, already_have_products_product_type
ORDER BY _id, product_type NULLS LAST
