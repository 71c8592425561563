"""Users per score range as a first PySpark script: `python user_scores.py LAKE`."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import avg, col, count, lit, regexp_extract, when

(lake,) = sys.argv[1:]
spark = (
    SparkSession.builder.appName("user_scores")
    .master("local[*]")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)

df = spark.read.parquet(f"{lake}/silver/users")
total = df.count()

df = df.withColumn(
    "score_group",
    when(col("score_score").isNull(), "SEM SCORE")
    .when(col("score_score") <= 200, "ATE 200")
    .when(col("score_score") <= 400, "DE 201 A 400")
    .when(col("score_score") <= 600, "DE 401 A 600")
    .when(col("score_score") <= 800, "DE 601 A 800")
    .otherwise("ACIMA DE 800"),
)
df = df.withColumn("rate", regexp_extract("score_score_text", r"é provável que (\d+)", 1))
df = df.withColumn("rate", col("rate").cast("double") / 100)
df = df.groupBy("score_group").agg(
    count("*").alias("users"), avg("rate").alias("expected_default_rate")
)
df = df.withColumn("share", col("users") / lit(total))

df.write.mode("overwrite").parquet(f"{lake}/gold/user_scores")
spark.stop()
