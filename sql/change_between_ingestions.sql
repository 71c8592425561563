-- Change between two ingestions
-- How did the number of users in each score range change from an earlier ingestion to a later one
-- (the last two unless given)? A range that one of them lacks has no number there.
WITH ingestion_date AS (
  SELECT max(ingestion_date) AS value FROM gold.user_scores
),

before_date AS (
  SELECT max(ingestion_date) AS value
  FROM gold.user_scores
  WHERE ingestion_date < (SELECT value FROM ingestion_date)
),

before AS (
  SELECT score_group, lower, upper, users, share
  FROM gold.user_scores
  WHERE ingestion_date = (SELECT value FROM before_date)
),

later AS (
  SELECT score_group, lower, upper, users, share
  FROM gold.user_scores
  WHERE ingestion_date = (SELECT value FROM ingestion_date)
)

SELECT
  CASE -- where one of them has scores with fractions, the label that is true of both
    WHEN b.score_group LIKE 'MAIS DE %' THEN b.score_group
    ELSE coalesce(l.score_group, b.score_group)
  END AS score_group,
  coalesce(l.lower, b.lower) AS lower,
  coalesce(l.upper, b.upper) AS upper,
  b.users AS users_before,
  l.users AS users_after,
  l.users - b.users AS change,
  b.share AS share_before,
  l.share AS share_after
FROM later AS l
FULL OUTER JOIN before AS b
  ON coalesce(l.lower, -2147483648) = coalesce(b.lower, -2147483648)
  AND coalesce(l.upper, 2147483647) = coalesce(b.upper, 2147483647)
ORDER BY coalesce(l.lower, b.lower, l.upper, b.upper) NULLS LAST, score_group
