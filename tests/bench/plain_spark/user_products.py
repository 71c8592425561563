"""One row per user and product as a first PySpark script: `python user_products.py LAKE`."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, posexplode_outer, to_timestamp

DATE = "yyyy-MM-dd'T'HH:mm:ss.SSSZ"

(lake,) = sys.argv[1:]
spark = (
    SparkSession.builder.appName("user_products")
    .master("local[*]")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()
)

df = spark.read.parquet(f"{lake}/silver/users")

df = df.select("*", posexplode_outer("already_have_products"))
df = df.withColumnRenamed("pos", "already_have_products_pos")
df = df.withColumn("already_have_products_product_type", col("col.productType"))
df = df.withColumn("already_have_products_product_id", col("col.productId"))
df = df.withColumn(
    "already_have_products_created_at", to_timestamp(col("col.createdAt.$date"), DATE)
)
df = df.drop("already_have_products", "col")

df.write.mode("overwrite").parquet(f"{lake}/gold/user_products")
spark.stop()
