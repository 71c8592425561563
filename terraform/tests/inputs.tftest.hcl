# Inputs are checked before anything is planned, and what costs is off until it is asked for.

run "what_is_off_unless_asked_for" {
  command = apply

  assert {
    condition     = aws_scheduler_schedule.chain.state == "DISABLED"
    error_message = "the schedule is on by default"
  }

  assert {
    condition     = aws_glue_crawler.bronze.schedule == null || startswith(aws_glue_crawler.bronze.schedule, "aws_glue_crawler")
    error_message = "the crawler is on by default"
  }

  assert {
    condition     = !aws_s3_bucket.this["lake"].force_destroy && !aws_s3_bucket.this["bronze"].force_destroy
    error_message = "the data goes with the stack by default"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.failures) == 0
    error_message = "somebody is written to by default"
  }
}

run "what_is_asked_for_is_on" {
  command = apply

  variables {
    schedule     = { enabled = true, expression = "rate(7 days)", parameters = { locale = "en" } }
    crawl_bronze = true
    alarm_emails = ["data@example.org"]
  }

  assert {
    condition     = aws_scheduler_schedule.chain.state == "ENABLED" && jsondecode(aws_scheduler_schedule.chain.target[0].input).parameters.locale == "en"
    error_message = "the schedule is off, or its parameters are lost"
  }

  assert {
    condition     = aws_glue_crawler.bronze.schedule == "cron(0 3 * * ? *)"
    error_message = "the crawler is off"
  }
}

run "a_second_environment_shares_no_name" {
  command = apply

  variables {
    environment     = "dev"
    database_prefix = "dev_"
  }

  assert {
    condition     = aws_glue_catalog_database.layer["gold"].name == "dev_gold" && aws_glue_job.step["report"].name == "workbench-dev-report"
    error_message = "names of another environment are those of the first"
  }

  assert {
    condition     = strcontains(aws_athena_named_query.analysis["users_per_score_range"].query, "FROM dev_gold.user_scores")
    error_message = "named queries do not ask the databases of their environment"
  }
}

run "names_that_aws_refuses" {
  command = plan

  variables {
    name            = "Workbench"
    environment     = "the-first"
    region          = "Ireland"
    database_prefix = "dev-"
    source_buckets  = ["s3://dumps/2022"]

    quarantine_readers = ["arn:aws:iam::123456789012:role/*"]
  }

  expect_failures = [
    var.name, var.environment, var.region, var.database_prefix, var.source_buckets, var.quarantine_readers,
  ]
}

run "figures_out_of_range" {
  command = plan

  variables {
    glue_version         = "4.0"
    worker_type          = "G.025X"
    workers              = { default = 1 }
    timeout_minutes      = 0
    concurrent_runs      = 0
    monthly_budget_usd   = 0
    athena_scan_limit_gb = 0
    log_days             = 7
    old_dump_days        = 0
  }

  expect_failures = [
    var.glue_version, var.worker_type, var.workers, var.timeout_minutes, var.concurrent_runs,
    var.monthly_budget_usd, var.athena_scan_limit_gb, var.log_days, var.old_dump_days,
  ]
}

run "texts_that_are_not_what_they_must_be" {
  command = plan

  variables {
    python_modules = { default = "jinja2" }
    alarm_emails   = ["nobody"]
    schedule       = { expression = "every day" }
  }

  expect_failures = [var.python_modules, var.alarm_emails, var.schedule]
}
