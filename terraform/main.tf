data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  name      = "${var.name}-${var.environment}"
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.region
  arn       = "arn:${local.partition}"

  version = file("${var.bundle}/version")
  code    = "code/${local.version}"

  # From the chain's declaration: which step reads and writes what. The report is no notebook.
  steps  = jsondecode(file("${path.module}/steps.json"))
  jobs   = merge(local.steps, { report = { source = false, reads = [], writes = [] } })
  layers = toset(["silver", "gold"])

  # A session, in which a person works by hand, does what any step does.
  session = {
    source = true
    reads  = []
    writes = distinct(flatten([for step in local.steps : concat(step.reads, step.writes)]))
  }
  parts = merge(local.jobs, { for name in ["sessions"] : name => local.session if var.sessions })

  lake = "s3://${aws_s3_bucket.this["lake"].id}/lake"
  runs = "s3://${aws_s3_bucket.this["runs"].id}/runs"
}
