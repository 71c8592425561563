# One key for all that the stack stores, and the secret from which personal fields are hashed.

resource "aws_kms_key" "this" {
  description         = "${local.name}: lake, logs, notices"
  enable_key_rotation = true

  # In a key's own policy, "*" as the resource is that key and nothing else: AWS allows no other.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Without it nobody could ever change the key again. Who of the account may do what, IAM says.
        Sid       = "AccountDecidesByIam"
        Effect    = "Allow"
        Principal = { AWS = "${local.arn}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsOfThisStack"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "${local.arn}:logs:${local.region}:${local.account}:log-group:*/${local.name}*" }
        }
      },
      {
        Sid       = "NoticesOfThisStack"
        Effect    = "Allow"
        Principal = { Service = ["events.amazonaws.com", "budgets.amazonaws.com"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.key_id
}

# The value is made and written within an apply and stands in no state: ephemeral, write-only.
ephemeral "aws_secretsmanager_random_password" "hash_key" {
  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "hash_key" {
  #checkov:skip=CKV2_AWS_57:A new key by itself would part new hashes from old ones; hash_key_version makes one when that is meant.
  name_prefix = "${local.name}-hash-key-" # a removed secret keeps its name for its days of grace
  description = "Key of the hashes that stand for personal fields. Losing it parts new hashes from old ones."
  kms_key_id  = aws_kms_key.this.arn
}

resource "aws_secretsmanager_secret_policy" "hash_key" {
  secret_arn = aws_secretsmanager_secret.hash_key.arn

  # Of AWS, "*" in a secret's own policy is that secret.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "KeyIsClosed"
      Effect    = "Deny"
      Principal = "*"
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
      Condition = { ArnNotLike = { "aws:PrincipalArn" = [for part, told in local.parts : aws_iam_role.step[part].arn if told.source] } }
    }]
  })
}

resource "aws_secretsmanager_secret_version" "hash_key" {
  secret_id                = aws_secretsmanager_secret.hash_key.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.hash_key.random_password
  secret_string_wo_version = var.hash_key_version
}
