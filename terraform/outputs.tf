output "name" {
  description = "Name of this stack, with its environment."
  value       = local.name
}

output "region" {
  description = "Region of this stack."
  value       = local.region
}

output "bronze" {
  description = "Where dumps are put."
  value       = "s3://${aws_s3_bucket.this["bronze"].id}/"
}

output "lake" {
  description = "Address of the lake."
  value       = local.lake
}

output "runs" {
  description = "Where a run leaves its notebooks, charts, record and report."
  value       = local.runs
}

output "state_machine" {
  description = "ARN of the state machine that runs the chain."
  value       = aws_sfn_state_machine.chain.arn
}

output "workgroup" {
  description = "Athena's workgroup."
  value       = aws_athena_workgroup.this.name
}

output "databases" {
  description = "Databases of the catalog, by layer."
  value       = { for layer, database in aws_glue_catalog_database.layer : layer => database.name }
}

output "analyst_policy" {
  description = "ARN of the policy for people who query: the workgroup, gold, and silver, whose personal fields are hashed."
  value       = aws_iam_policy.analyst.arn
}

output "operator_policy" {
  description = "ARN of the policy for people who run the chain and look at its runs and logs."
  value       = aws_iam_policy.operator.arn
}

output "session_role" {
  description = "ARN of the role of interactive sessions (WORKBENCH_GLUE_ROLE); null unless `sessions` is true."
  value       = one([for part in keys(local.parts) : aws_iam_role.step[part].arn if part == "sessions"])
}

output "author_policy" {
  description = "ARN of the policy for people who work in interactive sessions; null unless `sessions` is true."
  value       = one(aws_iam_policy.author[*].arn)
}

output "failures" {
  description = "ARN of the topic that is told of failed runs and of the budget."
  value       = aws_sns_topic.failures.arn
}

output "hash_key" {
  description = "ARN of the secret from which personal fields are hashed."
  value       = aws_secretsmanager_secret.hash_key.arn
}

output "logs" {
  description = "Groups of logs: of the jobs, the state machine, the function that begins runs."
  value = concat(
    [for group in aws_cloudwatch_log_group.jobs : group.name],
    [aws_cloudwatch_log_group.machine.name, aws_cloudwatch_log_group.execution.name],
  )
}
