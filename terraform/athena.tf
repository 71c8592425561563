locals {
  analyses = { for file in fileset("${path.module}/../sql", "*.sql") : trimsuffix(file, ".sql") => file("${path.module}/../sql/${file}") }
}

resource "aws_athena_workgroup" "this" {
  name          = local.name
  description   = "Queries on the lake: limited, encrypted, counted."
  force_destroy = true # its history of queries goes with it

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.athena_scan_limit_gb * 1024 * 1024 * 1024

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = "s3://${aws_s3_bucket.this["runs"].id}/athena/"
      expected_bucket_owner = local.account

      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = aws_kms_key.this.arn
      }
    }
  }
}

# The files of sql/. Their first line is their title; a prefix of the databases goes before their tables.
resource "aws_athena_named_query" "analysis" {
  for_each    = local.analyses
  name        = each.key
  description = trimspace(trimprefix(split("\n", each.value)[0], "--"))
  workgroup   = aws_athena_workgroup.this.id
  database    = aws_glue_catalog_database.layer["gold"].name
  query       = var.database_prefix == "" ? each.value : replace(each.value, "/\\b(silver|gold)\\./", "${var.database_prefix}$1.")
}
