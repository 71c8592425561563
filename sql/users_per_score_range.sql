-- Users per score range
-- How many users stand in each score range, what share of all is that, and how many in 100 of them
-- are expected to default?
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_scores
)

SELECT score_group, lower, upper, users, share, expected_default_rate
FROM gold.user_scores
WHERE ingestion_date = (SELECT value FROM ingestion_date)
ORDER BY range_order
