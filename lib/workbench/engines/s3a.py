"""What lets Apache Spark read and write addresses s3:// itself: Hadoop's S3A, found or fetched.

The chain on this machine works on copies and needs none of it; a notebook's own `spark.read` does,
and so do the executors of a cluster. The jars are those of Spark's own version of Hadoop. Keys and
profiles stay in the environment: no setting has them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from workbench.errors import EngineError

JARS_VARIABLE = "WORKBENCH_JARS"  # a folder with the jars, for machines without a network
S3A_VARIABLE = "WORKBENCH_S3A"  # 1: the sessions of this process and its children have S3A; 0: not
PACKAGE = "org.apache.hadoop:hadoop-aws:3.3.4"
NEEDED = {  # the names of the jars, and of the copies that Spark keeps of what it fetches
    "hadoop-aws-3.3.4.jar": "org.apache.hadoop_",
    "aws-java-sdk-bundle-1.12.262.jar": "com.amazonaws_",
    "wildfly-openssl-1.0.7.Final.jar": "org.wildfly.openssl_",
}
MEGABYTES = 282


def wanted() -> bool:
    """Whether sessions are to read s3:// themselves."""
    return os.environ.get(S3A_VARIABLE) == "1"


def store_settings() -> dict[str, str]:
    """Where the store is, as the variables of AWS say it."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    implementation = "org.apache.hadoop.fs.s3a.S3AFileSystem"
    found = {
        "fs.s3.impl": implementation,
        "fs.s3a.impl": implementation,
        "fs.s3a.aws.credentials.provider": "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
    }
    if endpoint:
        found |= {
            "fs.s3a.endpoint": endpoint,
            "fs.s3a.path.style.access": "true",
            "fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https:")).lower(),
        }
    found |= {"fs.s3a.endpoint.region": region} if region else {}
    return {f"spark.hadoop.{name}": value for name, value in found.items()}


def s3a_settings(on_a_cluster: bool) -> dict[str, str]:
    """The settings of a session with S3A. Raises EngineError where its jars cannot be had."""
    paths = [str(path) for path in jars()]
    # A cluster's executors are sent them; here a copy for each session would only cost room.
    way = {"spark.jars": ",".join(paths)}
    return store_settings() | (
        way if on_a_cluster else {"spark.driver.extraClassPath": os.pathsep.join(paths)}
    )


def jars() -> list[Path]:
    """The jars of S3A: of the folder that is named, else those that were fetched, else fetched now.

    Says what it fetches. Raises EngineError, with what to do, where they cannot be had.
    """
    folder = os.environ.get(JARS_VARIABLE)
    if folder:
        return of_folder(Path(folder))
    return fetched() or fetch()


def of_folder(folder: Path) -> list[Path]:
    """The jars of a folder. Raises EngineError where some are missing."""
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise EngineError(
            f"{JARS_VARIABLE}: {folder} does not have {', '.join(missing)}, which Apache Spark "
            f"needs to read s3://. Put there what `{PACKAGE}` needs, by these names."
        )
    return [folder / name for name in NEEDED]


def fetched() -> list[Path]:
    """The jars that Spark has fetched before; empty unless all are there."""
    there = [kept() / f"{start}{name}" for name, start in NEEDED.items()]
    return there if all(path.is_file() for path in there) else []


def kept() -> Path:
    """Where Spark keeps the jars that it fetches."""
    return Path.home() / ".ivy2" / "jars"


def fetch() -> list[Path]:
    """Has Spark fetch the jars. Raises EngineError, with what to do, where it cannot."""
    print(
        f"Fetching {PACKAGE} ({MEGABYTES} MB, once) from Maven Central, so that Apache Spark can "
        f"read s3:// itself; it stays in {kept()}.",
        file=sys.stderr,
        flush=True,
    )
    from pyspark import SparkConf
    from pyspark.java_gateway import launch_gateway

    from workbench.engines.child import end

    conf = SparkConf(loadDefaults=False).set("spark.jars.packages", PACKAGE)
    conf.set("spark.jars.ivy", str(kept().parent))  # Java's home may be another than HOME
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    cause: Exception | None = None
    try:
        end(launch_gateway(conf, silent).proc)  # type: ignore[no-untyped-call]
    except Exception as error:
        cause = error
    found = fetched()
    if found:
        return found
    raise EngineError(
        f"Apache Spark needs {PACKAGE} to read s3:// itself, and it cannot be fetched from Maven "
        f"Central here. On a machine without a network, name a folder with {', '.join(NEEDED)} in "
        f"{JARS_VARIABLE}. Where no notebook reads s3:// by itself, {S3A_VARIABLE}=0 leaves it "
        "out: the chain works on copies."
    ) from cause
