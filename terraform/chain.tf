# The state machine, who starts it, and who is told.

locals {
  machine     = "${local.name}-chain"
  machine_arn = "${local.arn}:states:${local.region}:${local.account}:stateMachine:${local.machine}"
  executions  = "${local.arn}:states:${local.region}:${local.account}:execution:${local.machine}:*"
}

resource "aws_sfn_state_machine" "chain" {
  #checkov:skip=CKV_AWS_285:The history is logged; the data of executions is not, for an engine's message may quote a value.
  name     = local.machine
  role_arn = aws_iam_role.machine.arn
  definition = templatefile("${path.module}/chain.asl.json", {
    name      = local.name
    partition = local.partition
    function  = aws_lambda_function.execution.arn
    topic     = aws_sns_topic.failures.arn
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false # who may see executions sees it there
    log_destination        = "${aws_cloudwatch_log_group.machine.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.machine, aws_glue_job.step]
}

resource "aws_cloudwatch_log_group" "machine" {
  name              = "/aws/vendedlogs/states/${local.name}" # the prefix that needs no policy of its own
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.this.arn
}

# Checks the parameters before anything starts, and writes down what failed.
resource "aws_lambda_function" "execution" {
  #checkov:skip=CKV_AWS_50:Traced with its state machine.
  #checkov:skip=CKV_AWS_116:Called by the state machine, which waits for it and catches its errors; nothing is left for a queue.
  #checkov:skip=CKV_AWS_117:It reaches S3 and Step Functions and nothing in a VPC.
  #checkov:skip=CKV_AWS_115:One call at the beginning of a run; a reserve would be taken from the account's others.
  #checkov:skip=CKV_AWS_272:The library's digest is in its key, and only this stack's role writes there.
  function_name    = "${local.name}-execution"
  description      = "Begins a run of the chain, and says why one failed."
  role             = aws_iam_role.execution.arn
  runtime          = "python3.11"
  handler          = "workbench.aws.execution.handler"
  s3_bucket        = aws_s3_object.code["workbench.zip"].bucket
  s3_key           = aws_s3_object.code["workbench.zip"].key
  source_code_hash = filebase64sha256("${var.bundle}/workbench.zip")
  memory_size      = 512
  timeout          = 60
  kms_key_arn      = aws_kms_key.this.arn

  environment {
    variables = {
      WORKBENCH_SOURCE = "s3://${aws_s3_bucket.this["bronze"].id}/"
      WORKBENCH_LAKE   = local.lake
      WORKBENCH_RUNS   = local.runs
      WORKBENCH_GLUE   = var.glue_version
    }
  }

  tracing_config {
    mode = "PassThrough"
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.execution.name
  }

  depends_on = [aws_iam_role_policy.execution]
}

resource "aws_cloudwatch_log_group" "execution" {
  name              = "/${local.name}/execution"
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.this.arn
}

resource "aws_scheduler_schedule" "chain" {
  name                         = local.machine
  description                  = "Runs the chain. Off unless schedule.enabled."
  state                        = var.schedule.enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = var.schedule.expression
  schedule_expression_timezone = var.schedule.timezone
  kms_key_arn                  = aws_kms_key.this.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.chain.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ parameters = var.schedule.parameters })

    dead_letter_config {
      arn = aws_sqs_queue.undelivered.arn
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}

resource "aws_sns_topic" "failures" {
  name              = "${local.name}-failures"
  kms_master_key_id = aws_kms_key.this.arn
}

resource "aws_sns_topic_subscription" "failures" {
  for_each  = toset(var.alarm_emails)
  topic_arn = aws_sns_topic.failures.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_policy" "failures" {
  arn = aws_sns_topic.failures.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "EventsOfThisStack"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.failures.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.ended.arn } }
      },
      {
        Sid       = "BudgetOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "budgets.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.failures.arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.failures.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

# A machine that fails says so itself; one that is stopped or runs out of time cannot.
resource "aws_cloudwatch_event_rule" "ended" {
  name        = "${local.name}-ended"
  description = "Executions that were stopped or ran out of time."

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail      = { status = ["TIMED_OUT", "ABORTED"], stateMachineArn = [aws_sfn_state_machine.chain.arn] }
  })
}

resource "aws_cloudwatch_event_target" "ended" {
  rule = aws_cloudwatch_event_rule.ended.name
  arn  = aws_sns_topic.failures.arn

  input_transformer {
    input_paths    = { execution = "$.detail.executionArn", status = "$.detail.status" }
    input_template = "\"<execution> is <status>\""
  }

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }
}

# Its run.json says so too, which else would say that it runs.
resource "aws_cloudwatch_event_target" "recorded" {
  rule = aws_cloudwatch_event_rule.ended.name
  arn  = aws_lambda_function.execution.arn

  input_transformer {
    input_paths    = { execution = "$.detail.executionArn", started = "$.detail.startDate" }
    input_template = "{\"do\": \"ended\", \"execution\": <execution>, \"started\": <started>}"
  }

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }

  depends_on = [aws_lambda_permission.ended]
}

resource "aws_lambda_permission" "ended" {
  statement_id   = "EventsOfThisStack"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.execution.function_name
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.ended.arn
  source_account = local.account
}

# What could be delivered to nobody: a start that failed, a notice that was refused.
resource "aws_sqs_queue" "undelivered" {
  name                      = "${local.name}-undelivered"
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = aws_kms_key.this.arn
}

resource "aws_sqs_queue_policy" "undelivered" {
  queue_url = aws_sqs_queue.undelivered.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "EventsOfThisStack"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.undelivered.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.ended.arn } }
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.undelivered.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
