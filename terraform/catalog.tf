# Tables and partitions are registered by the steps that publish them; the databases stand here.

resource "aws_glue_catalog_database" "layer" {
  for_each     = setunion(local.layers, ["bronze"])
  name         = "${var.database_prefix}${each.key}"
  description  = { bronze = "The dumps as they came, where the crawler was run over them.", silver = "One typed row per document and ingestion.", gold = "Flat tables for analyses." }[each.key]
  location_uri = each.key == "bronze" ? "s3://${aws_s3_bucket.this["bronze"].id}/" : "${local.lake}/${each.key}/"
}

resource "aws_glue_security_configuration" "this" {
  name = local.name

  encryption_configuration {
    cloudwatch_encryption {
      cloudwatch_encryption_mode = "SSE-KMS"
      kms_key_arn                = aws_kms_key.this.arn
    }

    job_bookmarks_encryption {
      job_bookmarks_encryption_mode = "CSE-KMS"
      kms_key_arn                   = aws_kms_key.this.arn
    }

    s3_encryption {
      s3_encryption_mode = "SSE-KMS"
      kms_key_arn        = aws_kms_key.this.arn
    }
  }
}

# For raw dumps in Athena. It never looks at silver or gold, whose types come from the proof.
resource "aws_glue_crawler" "bronze" {
  name                   = "${local.name}-bronze"
  description            = "Describes the raw dumps, so that Athena can read them too."
  database_name          = aws_glue_catalog_database.layer["bronze"].name
  role                   = aws_iam_role.crawler.arn
  security_configuration = aws_glue_security_configuration.this.name
  schedule               = var.crawl_bronze ? "cron(0 3 * * ? *)" : null

  s3_target {
    path = "s3://${aws_s3_bucket.this["bronze"].id}/"
  }

  schema_change_policy {
    update_behavior = "UPDATE_IN_DATABASE"
    delete_behavior = "LOG"
  }
}
