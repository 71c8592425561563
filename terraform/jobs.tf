resource "aws_cloudwatch_log_group" "jobs" {
  for_each          = toset(["output", "error"]) # what Glue puts after the prefix of its own accord
  name              = "/${local.name}/jobs/${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_glue_job" "step" {
  for_each               = local.jobs
  name                   = "${local.name}-${each.key}"
  description            = each.key == "report" ? "The page of a run." : "The notebook ${each.key}."
  role_arn               = aws_iam_role.step[each.key].arn
  glue_version           = var.glue_version
  worker_type            = var.worker_type
  number_of_workers      = lookup(var.workers, each.key, var.workers["default"])
  timeout                = var.timeout_minutes
  max_retries            = 0 # the state machine decides what is tried again
  security_configuration = aws_glue_security_configuration.this.name

  command {
    name            = "glueetl"
    python_version  = "3"
    script_location = "s3://${aws_s3_object.code["job.py"].bucket}/${aws_s3_object.code["job.py"].key}"
  }

  execution_property {
    max_concurrent_runs = var.concurrent_runs
  }

  # What decides which code runs, and for whom, cannot be given with a run.
  non_overridable_arguments = {
    "--extra-py-files" = "s3://${aws_s3_object.code["workbench.zip"].bucket}/${aws_s3_object.code["workbench.zip"].key}"
    "--code"           = "s3://${aws_s3_bucket.this["code"].id}/${local.code}"
    "--step"           = each.key
    "--hash-key"       = each.value.source ? aws_secretsmanager_secret.hash_key.arn : "none"
    "--catalog"        = "${var.database_prefix}{layer}"
  }

  default_arguments = merge(
    {
      "--job-language"                     = "python"
      "--TempDir"                          = "s3://${aws_s3_bucket.this["runs"].id}/temporary/"
      "--custom-logGroup-prefix"           = "/${local.name}/jobs"
      "--enable-metrics"                   = "true"
      "--enable-observability-metrics"     = "true"
      "--enable-continuous-cloudwatch-log" = "true"
      "--enable-spark-ui"                  = "true"
      "--spark-event-logs-path"            = "s3://${aws_s3_bucket.this["runs"].id}/spark/"
    },
    { for modules in compact([lookup(var.python_modules, each.key, var.python_modules["default"])]) : "--additional-python-modules" => modules },
  )

  depends_on = [aws_iam_role_policy.step]
}
