-- Users per day
-- How many users came on each day (UTC, by createdAt)? The last row, without a day, counts those
-- without a date.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM silver.users
)

SELECT
  CAST(createdAt AS date) AS day,
  count(DISTINCT _id) AS users
FROM silver.users
WHERE ingestion_date = (SELECT value FROM ingestion_date)
GROUP BY CAST(createdAt AS date)
ORDER BY day NULLS LAST
