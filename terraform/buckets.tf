# bronze: the dumps as they came. lake: silver, gold, quarantine. runs: notebooks, charts, reports,
# results of queries, traces of Spark. code: what is deployed.

locals {
  buckets = toset(["bronze", "lake", "runs", "code"])

  # A lake on S3 has versions of its own (DESIGN: a pointer, and folders that it points at). In the
  # lake and the runs, old versions of objects would keep what `workbench forget` has removed.
  versioned = toset(["bronze", "code"])

  # Who may see what is in clear: quarantined documents, and the key of the hashes.
  sees_personal = concat([for part, told in local.parts : aws_iam_role.step[part].arn if told.source], var.quarantine_readers)

  # Days after which what stands below a prefix goes. Nothing of silver, gold or quarantine does.
  passing = {
    bronze = {}
    lake   = { "lake/.workbench/staging/" = 7, "lake/.workbench/sessions/" = 7 }
    runs   = { "temporary/" = 3, "athena/" = 30, "spark/" = 30 }
    code   = {}
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Who reads what is in CloudTrail's data events, which an account turns on for all of its buckets.
  #checkov:skip=CKV_AWS_21:Bronze and code are versioned; lake and runs must be able to forget, see `versioned`.
  #checkov:skip=CKV_AWS_144:A lake is made again from its dumps; a copy in another region would have to forget as well.
  #checkov:skip=CKV2_AWS_62:Nothing waits for new objects; runs are started by people or by the schedule.
  for_each      = local.buckets
  bucket_prefix = "${local.name}-${each.key}-"
  force_destroy = each.key == "code" || !var.keep_data
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = local.buckets
  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.this[each.key].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.versioned
  bucket   = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.this[each.key].id

  # A rule for old versions counts from the day that versions are kept.
  depends_on = [aws_s3_bucket_versioning.this]

  rule {
    id     = "uploads that were never completed"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  dynamic "rule" {
    for_each = local.passing[each.key]

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = rule.key
      }

      expiration {
        days = rule.value
      }
    }
  }

  dynamic "rule" {
    for_each = contains(local.versioned, each.key) ? [var.old_dump_days] : []

    content {
      id     = "old versions"
      status = "Enabled"
      filter {}

      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }

      expiration {
        expired_object_delete_marker = true
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.this[each.key].id

  # Denials, which no permission of a role can undo.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        # Every action, of everybody, that does not come over TLS.
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this[each.key].arn, "${aws_s3_bucket.this[each.key].arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      each.key != "lake" ? [] : [{
        # Documents as they came, in clear: for the step that sets them apart, and for whom it is said.
        Sid       = "QuarantineIsClosed"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = [
          "${aws_s3_bucket.this[each.key].arn}/lake/quarantine/*",
          "${aws_s3_bucket.this[each.key].arn}/lake/.workbench/staging/*/bad/*", # before they are there
        ]
        Condition = { ArnNotLike = { "aws:PrincipalArn" = local.sees_personal } }
      }],
    )
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

# What `workbench aws build` made. Its version is in the key: a run under way keeps what it began with.
resource "aws_s3_object" "code" {
  for_each = toset(concat(
    ["workbench.zip", "job.py"],
    [for step in keys(local.steps) : "notebooks/${step}.ipynb"],
  ))
  bucket      = aws_s3_bucket.this["code"].id
  key         = "${local.code}/${each.key}"
  source      = "${var.bundle}/${each.key}"
  source_hash = filesha256("${var.bundle}/${each.key}")
  kms_key_id  = aws_kms_key.this.arn

  depends_on = [aws_s3_bucket_versioning.this]
}
