# What the whole account spends on services that this stack uses. By the tag Application it would be
# the stack alone, but AWS counts by a tag only once somebody has activated it in the billing console.
resource "aws_budgets_budget" "monthly" {
  name         = "${local.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "Service"
    values = ["AWS Glue", "Amazon Athena", "Amazon Simple Storage Service", "AWS Key Management Service", "AWS Step Functions", "AmazonCloudWatch"]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    notification_type         = "ACTUAL"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [aws_sns_topic.failures.arn]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    notification_type         = "FORECASTED"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [aws_sns_topic.failures.arn]
  }

  depends_on = [aws_sns_topic_policy.failures]
}
