"""Silver as a first PySpark script: `python silver.py DUMP LAKE`; the dump is one JSON array."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, to_timestamp

DATE = "yyyy-MM-dd'T'HH:mm:ss.SSSZ"

dump, lake = sys.argv[1:]
spark = (
    SparkSession.builder.appName("silver")
    .master("local[*]")
    # multiLine holds all rows of a file at once: the default of 1 GB fails on a million users.
    .config("spark.driver.memory", "8g")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)

df = spark.read.option("multiLine", True).json(dump)

df = df.withColumn("created_at", to_timestamp(col("createdAt.$date"), DATE))
df = df.withColumn("updated_at", to_timestamp(col("updatedAt.$date"), DATE))
df = df.withColumn("score_score", col("score.score"))
df = df.withColumn("score_score_name", col("score.scoreName"))
df = df.withColumn("score_score_text", col("score.scoreText"))
df = df.withColumn("score_score_description", col("score.scoreDescription"))
df = df.withColumn("score_has_consumidor_positivo", col("score.hasConsumidorPositivo"))
df = df.withColumn("score_update_count", col("score.updateCount"))
df = df.withColumn("score_created_at", to_timestamp(col("score.createdAt.$date"), DATE))
df = df.withColumn("score_has_debts", col("score.hasDebts"))
df = df.withColumn("score_origin_utm_source", col("score.origin.utm_source"))
df = df.withColumn("score_origin_utm_medium", col("score.origin.utm_medium"))
df = df.withColumn("score_origin_utm_campaign", col("score.origin.utm_campaign"))
df = df.withColumn("score_origin_utm_term", col("score.origin.utm_term"))
df = df.withColumn("score_origin_utm_content", col("score.origin.utm_content"))
df = df.withColumn("score_origin_referrer", col("score.origin.referrer"))
df = df.withColumn("score_origin_ip", col("score.origin.ip"))
df = df.withColumn("score_origin_useragent", col("score.origin.useragent"))
df = df.withColumnRenamed("alreadyHaveProducts", "already_have_products")
df = df.drop("createdAt", "updatedAt", "score")

df.write.mode("overwrite").parquet(f"{lake}/silver/users")
spark.stop()
