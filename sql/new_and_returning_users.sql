-- New and returning users
-- Between two dates (both included, UTC; the last 30 days unless given): how many users were new
-- (created then), how many came back (created before, and got a product or were updated then), and
-- how many did neither?
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_products
),

start_date AS (
  SELECT CAST(date_add('day', -29, CAST(value AS date)) AS varchar) AS value FROM ingestion_date
),

end_date AS (
  SELECT value FROM ingestion_date
),

users AS (
  SELECT
    _id,
    CAST(min(created_at) AS date) AS created,
    max(CASE
      WHEN CAST(updated_at AS date)
        BETWEEN CAST((SELECT value FROM start_date) AS date)
        AND CAST((SELECT value FROM end_date) AS date) THEN 1
      WHEN CAST(already_have_products_created_at AS date)
        BETWEEN CAST((SELECT value FROM start_date) AS date)
        AND CAST((SELECT value FROM end_date) AS date) THEN 1
      ELSE 0
    END) AS active
  FROM gold.user_products
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
  GROUP BY _id
),

kinds AS (
  SELECT
    _id,
    CASE
      WHEN created BETWEEN CAST((SELECT value FROM start_date) AS date)
        AND CAST((SELECT value FROM end_date) AS date) THEN 'new'
      WHEN created < CAST((SELECT value FROM start_date) AS date) AND active = 1 THEN 'returning'
      ELSE 'neither'
    END AS kind
  FROM users
)

SELECT
  kind,
  count(*) AS users,
  CAST(count(*) AS double) / (SELECT count(*) FROM kinds) AS share
FROM kinds
GROUP BY kind
ORDER BY kind
