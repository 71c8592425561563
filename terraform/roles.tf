# One role per part, each with what that part does and no more. Where a resource is "*", AWS knows no
# finer one for the action: https://docs.aws.amazon.com/service-authorization/latest/reference/

locals {
  catalog = "${local.arn}:glue:${local.region}:${local.account}"

  trusts = {
    for service in ["glue", "states", "lambda", "scheduler"] : service => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "${service}.amazonaws.com" }
        # Lambda does not say for which account it asks.
        Condition = { for test, values in { StringEquals = { "aws:SourceAccount" = local.account } } : test => values if service != "lambda" }
      }]
    })
  }

  use_key = {
    Sid      = "Key"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = [aws_kms_key.this.arn]
  }

  # `silver.users` as a prefix of the lake, and as names of the catalog.
  prefix   = { for job, tables in local.parts : job => { for table in concat(tables.reads, tables.writes) : table => "lake/${replace(table, ".", "/")}" } }
  catalogs = { for job, tables in local.parts : job => { for table in concat(tables.reads, tables.writes) : table => split(".", table) if !startswith(table, "quarantine.") } }

  bronze_arns = concat([aws_s3_bucket.this["bronze"].arn], [for name in var.source_buckets : "${local.arn}:s3:::${name}"])
  lake_arn    = aws_s3_bucket.this["lake"].arn
  runs_arn    = aws_s3_bucket.this["runs"].arn
  code_arn    = aws_s3_bucket.this["code"].arn
}

resource "aws_iam_role" "step" {
  for_each           = local.parts
  name               = "${local.name}-${each.key}"
  description        = each.key == "sessions" ? "Interactive sessions of Glue's." : "The Glue job ${each.key}."
  assume_role_policy = local.trusts["glue"]
}

resource "aws_iam_role_policy" "step" {
  for_each = local.parts
  name     = "does"
  role     = aws_iam_role.step[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        local.use_key,
        {
          Sid      = "Code"
          Effect   = "Allow"
          Action   = ["s3:GetObject"]
          Resource = ["${local.code_arn}/code/*"]
        },
        {
          Sid      = "ListsRuns"
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = [local.runs_arn]
          Condition = {
            StringLike = { "s3:prefix" = ["runs/*", "temporary/*", "spark/*"] }
          }
        },
        {
          Sid      = "OwnRun"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
          Resource = ["${local.runs_arn}/runs/*", "${local.runs_arn}/spark/*"]
        },
        {
          Sid      = "Temporary"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
          Resource = ["${local.runs_arn}/temporary/*"]
        },
        {
          Sid      = "Logs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = [for group in aws_cloudwatch_log_group.jobs : "${group.arn}:*"]
        },
        {
          # With a security configuration, Glue asks for this of the groups that it writes to.
          Sid      = "EncryptedLogs"
          Effect   = "Allow"
          Action   = ["logs:AssociateKmsKey"]
          Resource = [for group in aws_cloudwatch_log_group.jobs : group.arn]
        },
        {
          # Metrics have no ARN; the namespace is the finest that AWS has.
          Sid       = "Metrics"
          Effect    = "Allow"
          Action    = ["cloudwatch:PutMetricData"]
          Resource  = "*"
          Condition = { StringEquals = { "cloudwatch:namespace" = "Glue" } }
        },
      ],
      [for statement in [
        {
          # Glue makes the groups of sessions by itself, for the whole account.
          Sid      = "SessionLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${local.arn}:logs:${local.region}:${local.account}:log-group:/aws-glue/sessions/*"]
        },
      ] : statement if each.key == "sessions"],
      [for statement in [
        {
          Sid      = "ListsDumps"
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = local.bronze_arns
        },
        {
          Sid      = "Dumps"
          Effect   = "Allow"
          Action   = ["s3:GetObject"]
          Resource = [for bucket in local.bronze_arns : "${bucket}/*"]
        },
        {
          Sid      = "HashKey"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = [aws_secretsmanager_secret.hash_key.arn]
        },
      ] : statement if each.value.source],
      [for statement in [
        {
          Sid      = "ListsTables"
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = [local.lake_arn]
          Condition = {
            StringLike = { "s3:prefix" = flatten([for prefix in values(local.prefix[each.key]) : [prefix, "${prefix}/*"]]) }
          }
        },
        {
          Sid      = "Tables"
          Effect   = "Allow"
          Action   = ["s3:GetObject"]
          Resource = [for prefix in values(local.prefix[each.key]) : "${local.lake_arn}/${prefix}/*"]
        },
        {
          Sid      = "ReadsCatalog"
          Effect   = "Allow"
          Action   = ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"]
          Resource = local.catalog_arns[each.key].all
        },
      ] : statement if length(local.prefix[each.key]) > 0],
      [for statement in [
        {
          Sid      = "Publishes"
          Effect   = "Allow"
          Action   = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
          Resource = [for table in each.value.writes : "${local.lake_arn}/${local.prefix[each.key][table]}/*"]
        },
        {
          # The lease of the lake, and what is staged in it.
          Sid      = "LeaseAndStaging"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
          Resource = ["${local.lake_arn}/lake/.workbench/*"]
        },
        {
          Sid       = "ListsStaging"
          Effect    = "Allow"
          Action    = ["s3:ListBucket"]
          Resource  = [local.lake_arn]
          Condition = { StringLike = { "s3:prefix" = ["lake/.workbench/*"] } }
        },
        {
          # Uploads that ended before they were whole are listed by the bucket: AWS knows no prefix here.
          Sid      = "ListsUploads"
          Effect   = "Allow"
          Action   = ["s3:ListBucketMultipartUploads"]
          Resource = [local.lake_arn]
        },
        {
          Sid      = "Registers"
          Effect   = "Allow"
          Action   = ["glue:CreateTable", "glue:UpdateTable", "glue:CreatePartition", "glue:UpdatePartition", "glue:BatchDeletePartition"]
          Resource = local.catalog_arns[each.key].written
        },
      ] : statement if length(each.value.writes) > 0],
    )
  })
}

locals {
  # An action on a table is asked of the catalog, the database and the table at once.
  catalog_arns = {
    for job, tables in local.parts : job => {
      for which, kept in { all = keys(local.catalogs[job]), written = [for table in tables.writes : table if contains(keys(local.catalogs[job]), table)] } :
      which => distinct(concat(
        ["${local.catalog}:catalog"],
        [for table in kept : "${local.catalog}:database/${var.database_prefix}${local.catalogs[job][table][0]}"],
        [for table in kept : "${local.catalog}:table/${var.database_prefix}${local.catalogs[job][table][0]}/${local.catalogs[job][table][1]}"],
      ))
    }
  }
}

resource "aws_iam_role" "machine" {
  name               = "${local.name}-chain"
  description        = "The state machine."
  assume_role_policy = local.trusts["states"]
}

resource "aws_iam_role_policy" "machine" {
  name = "does"
  role = aws_iam_role.machine.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.use_key,
      {
        Sid      = "Jobs"
        Effect   = "Allow"
        Action   = ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"]
        Resource = [for job in keys(local.jobs) : "${local.catalog}:job/${local.name}-${job}"]
      },
      {
        Sid      = "BeginsAndTells"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [aws_lambda_function.execution.arn]
      },
      {
        Sid      = "Notifies"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [aws_sns_topic.failures.arn]
      },
      {
        # Deliveries of logs, and traces, have no ARNs.
        Sid    = "LogsAndTraces"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
          "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role" "execution" {
  name               = "${local.name}-execution"
  description        = "The function that begins runs and says why one failed."
  assume_role_policy = local.trusts["lambda"]
}

resource "aws_iam_role_policy" "execution" {
  name = "does"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.use_key,
      {
        Sid      = "RecordOfRuns"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${local.runs_arn}/runs/*"]
      },
      {
        # Without the right to list, S3 says "denied" of a record that is not there.
        Sid       = "ListsRuns"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.runs_arn]
        Condition = { StringLike = { "s3:prefix" = ["runs/*"] } }
      },
      {
        Sid      = "OtherRuns"
        Effect   = "Allow"
        Action   = ["states:ListExecutions"]
        Resource = [local.machine_arn]
      },
      {
        Sid      = "WhatTheyAskedFor"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution"]
        Resource = [local.executions]
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.execution.arn}:*"]
      },
    ]
  })
}

resource "aws_iam_role" "schedule" {
  name               = "${local.name}-schedule"
  description        = "The schedule that starts the chain."
  assume_role_policy = local.trusts["scheduler"]
}

resource "aws_iam_role_policy" "schedule" {
  name = "does"
  role = aws_iam_role.schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.use_key,
      {
        Sid      = "Starts"
        Effect   = "Allow"
        Action   = ["states:StartExecution"]
        Resource = [local.machine_arn]
      },
      {
        Sid      = "Undelivered"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.undelivered.arn]
      },
    ]
  })
}

resource "aws_iam_role" "crawler" {
  name               = "${local.name}-crawler"
  description        = "The crawler over the raw dumps."
  assume_role_policy = local.trusts["glue"]
}

resource "aws_iam_role_policy" "crawler" {
  name = "does"
  role = aws_iam_role.crawler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.use_key,
      {
        Sid      = "ListsDumps"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
        Resource = [aws_s3_bucket.this["bronze"].arn]
      },
      {
        Sid      = "Dumps"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.this["bronze"].arn}/*"]
      },
      {
        # What a crawler finds has names that only the dumps know: every table of this one database.
        Sid    = "Describes"
        Effect = "Allow"
        Action = [
          "glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:CreateTable", "glue:UpdateTable",
          "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition", "glue:BatchCreatePartition", "glue:UpdatePartition",
        ]
        Resource = [
          "${local.catalog}:catalog",
          "${local.catalog}:database/${var.database_prefix}bronze",
          "${local.catalog}:table/${var.database_prefix}bronze/*",
        ]
      },
      {
        # A crawler's group is of all crawlers with this security configuration, and cannot be named otherwise.
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"]
        Resource = ["${local.arn}:logs:${local.region}:${local.account}:log-group:/aws-glue/crawlers-role/${local.name}-*"]
      },
    ]
  })
}

# For people: to be attached to those who query.
resource "aws_iam_policy" "analyst" {
  name        = "${local.name}-analyst"
  description = "Queries silver and gold through the workgroup. Quarantine and dumps stay closed."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.use_key,
      {
        Sid    = "Queries"
        Effect = "Allow"
        Action = [
          "athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults",
          "athena:GetWorkGroup", "athena:ListNamedQueries", "athena:GetNamedQuery", "athena:BatchGetNamedQuery", "athena:ListQueryExecutions",
        ]
        Resource = ["${local.arn}:athena:${local.region}:${local.account}:workgroup/${local.name}"]
      },
      {
        Sid    = "ReadsCatalog"
        Effect = "Allow"
        Action = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"]
        Resource = concat(
          ["${local.catalog}:catalog"],
          [for layer in local.layers : "${local.catalog}:database/${var.database_prefix}${layer}"],
          [for layer in local.layers : "${local.catalog}:table/${var.database_prefix}${layer}/*"], # people read all tables of a layer
        )
      },
      {
        Sid      = "Tables"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for layer in local.layers : "${local.lake_arn}/lake/${layer}/*"]
      },
      {
        Sid       = "ListsTables"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.lake_arn]
        Condition = { StringLike = { "s3:prefix" = [for layer in local.layers : "lake/${layer}/*"] } }
      },
      {
        Sid      = "Results"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = ["${local.runs_arn}/athena/*"]
      },
      {
        Sid       = "ListsResults"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.runs_arn]
        Condition = { StringLike = { "s3:prefix" = ["athena/*"] } }
      },
      {
        Sid      = "WhereResultsAre"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation"]
        Resource = [local.lake_arn, local.runs_arn]
      },
    ]
  })
}

# For people: to be attached to those who run the chain (`workbench aws run`, `status`, `logs`, `open`).
resource "aws_iam_policy" "operator" {
  name        = "${local.name}-operator"
  description = "Starts the chain, stops it, and reads its runs and logs. Quarantine and dumps stay closed."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.use_key,
      {
        Sid      = "Starts"
        Effect   = "Allow"
        Action   = ["states:StartExecution", "states:ListExecutions"]
        Resource = [local.machine_arn]
      },
      {
        Sid      = "Watches"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution"]
        Resource = [local.executions]
      },
      {
        Sid      = "Jobs"
        Effect   = "Allow"
        Action   = ["glue:GetJobRuns"]
        Resource = [for job in keys(local.jobs) : "${local.catalog}:job/${local.name}-${job}"]
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogStreams", "logs:GetLogEvents"]
        Resource = [for group in aws_cloudwatch_log_group.jobs : "${group.arn}:*"]
      },
      {
        Sid      = "Runs"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = concat(["${local.runs_arn}/runs/*"], [for layer in local.layers : "${local.lake_arn}/lake/${layer}/*"])
      },
      {
        Sid       = "ListsRuns"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.runs_arn]
        Condition = { StringLike = { "s3:prefix" = ["runs/*"] } }
      },
    ]
  })
}

# For people: to be attached to those who work in sessions (`workbench lab --glue`, `run --engine glue`). What
# their own process does on the lake, it does with their own keys, so it has what a step has there.
resource "aws_iam_policy" "author" {
  count       = var.sessions ? 1 : 0
  name        = "${local.name}-author"
  description = "Starts sessions of Glue's with their role, and publishes what was made in them. Dumps and the key of the hashes stay the role's."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.use_key,
      {
        Sid      = "Sessions"
        Effect   = "Allow"
        Action   = ["glue:CreateSession", "glue:GetSession", "glue:StopSession", "glue:RunStatement", "glue:GetStatement", "glue:CancelStatement"]
        Resource = ["${local.catalog}:session/*"] # their names are made when they start
      },
      {
        Sid       = "GivesTheirRole"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [aws_iam_role.step["sessions"].arn]
        Condition = { StringEquals = { "iam:PassedToService" = "glue.amazonaws.com" } }
      },
      {
        Sid      = "Lake"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = ["${local.lake_arn}/lake/*"]
      },
      {
        Sid       = "ListsLake"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.lake_arn]
        Condition = { StringLike = { "s3:prefix" = ["lake/*"] } }
      },
      {
        Sid      = "ListsUploads"
        Effect   = "Allow"
        Action   = ["s3:ListBucketMultipartUploads"]
        Resource = [local.lake_arn]
      },
      {
        Sid      = "ListsDumps"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = local.bronze_arns
      },
      {
        Sid      = "Runs"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = ["${local.runs_arn}/runs/*"]
      },
      {
        Sid       = "ListsRuns"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.runs_arn]
        Condition = { StringLike = { "s3:prefix" = ["runs/*"] } }
      },
    ]
  })
}
