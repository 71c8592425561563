"""One flat table with quinn, on Apache Spark: `python quinn_way.py DUMP OUT`."""

import os
import sys

import quinn
from pyspark.sql import SparkSession

from workbench.jvm import java_home

os.environ["JAVA_HOME"] = java_home()
dump, out = sys.argv[1:]
spark = SparkSession.builder.master("local[*]").config("spark.driver.memory", "4g").getOrCreate()
users = spark.read.json(dump)
quinn.flatten_dataframe(users).write.parquet(f"{out}/users")
