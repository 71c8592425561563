"""One flat table with quinn, on Apache Spark: `python quinn_way.py DUMP OUT`."""

import os
import sys

from pyspark.sql import SparkSession
from quinn.transformations import flatten_dataframe

from workbench.engines.spark import java_home

os.environ["JAVA_HOME"] = java_home()
dump, out = sys.argv[1:]
spark = SparkSession.builder.master("local[*]").config("spark.driver.memory", "4g").getOrCreate()
users = spark.read.json(dump)
flatten_dataframe(users).write.parquet(f"{out}/users")
