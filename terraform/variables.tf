variable "name" {
  description = "Beginning of the name of all that is made."
  type        = string
  default     = "workbench"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "name: 2 to 20 of a-z, 0-9 and -, and a letter first. It becomes part of the names of buckets."
  }
}

variable "environment" {
  description = "Which of several stacks side by side this is: part of every name, and a tag."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.environment))
    error_message = "environment: 2 to 10 of a-z and 0-9, and a letter first. For example dev."
  }
}

variable "region" {
  description = "Region of the stack; null for that of the AWS settings (AWS_REGION, profile)."
  type        = string
  default     = null

  validation {
    condition     = var.region == null || can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: a name such as eu-west-1."
  }
}

variable "tags" {
  description = "Tags of all that is made, beside Application and Environment."
  type        = map(string)
  default     = {}
}

variable "bundle" {
  description = "Folder that `workbench aws build` has made: library, job script, notebooks."
  type        = string
  default     = "../build/aws"
}

variable "database_prefix" {
  description = "Put before the catalog's databases (silver, gold). Empty for the first stack of an account and region, in which sql/ runs as it is; another needs its own, for example dev_."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z][a-z0-9_]{0,29})?$", var.database_prefix))
    error_message = "database_prefix: at most 30 of a-z, 0-9 and _, and a letter first; or empty."
  }
}

variable "source_buckets" {
  description = "Names of other buckets whose dumps may be read, beside the stack's own for bronze."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.source_buckets : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))])
    error_message = "source_buckets: names of buckets, without s3:// and without a path."
  }
}

variable "glue_version" {
  description = "Version of AWS Glue: 5.1 (Spark 3.5.6) or 5.0 (Spark 3.5.4)."
  type        = string
  default     = "5.1"

  validation {
    condition     = contains(["5.0", "5.1"], var.glue_version)
    error_message = "glue_version: 5.0 or 5.1; the library needs Python 3.11, which older ones do not have."
  }
}

variable "worker_type" {
  description = "Machine of a job's workers: G.1X (4 cores, 16 GB, 1 DPU) to G.8X (32 cores, 128 GB, 8 DPU)."
  type        = string
  default     = "G.1X"

  validation {
    condition     = contains(["G.1X", "G.2X", "G.4X", "G.8X"], var.worker_type)
    error_message = "worker_type: G.1X, G.2X, G.4X or G.8X."
  }
}

variable "workers" {
  description = "Workers of a job, its driver included; by step where a step needs another number (key `default` for the others)."
  type        = map(number)
  default     = { default = 2 }

  validation {
    condition     = contains(keys(var.workers), "default") && alltrue([for n in values(var.workers) : n >= 2 && n <= 299 && floor(n) == n])
    error_message = "workers: whole numbers from 2 to 299, one of them under the key default."
  }
}

variable "timeout_minutes" {
  description = "Minutes after which a job is stopped: what a job that hangs can cost at most."
  type        = number
  default     = 120

  validation {
    condition     = var.timeout_minutes >= 1 && var.timeout_minutes <= 1440
    error_message = "timeout_minutes: from 1 to 1440."
  }
}

variable "concurrent_runs" {
  description = "How many runs (of different lakes or dates) may be under way at once."
  type        = number
  default     = 2

  validation {
    condition     = var.concurrent_runs >= 1 && var.concurrent_runs <= 50
    error_message = "concurrent_runs: from 1 to 50."
  }
}

variable "python_modules" {
  description = "What jobs install with pip, by step (key `default` for the others), as name==version, with commas between."
  type        = map(string)
  default     = { default = "anyascii==0.3.3", report = "anyascii==0.3.3,jinja2==3.1.6" }

  validation {
    condition     = contains(keys(var.python_modules), "default") && alltrue(flatten([for list in values(var.python_modules) : [for one in compact(split(",", list)) : can(regex("==|^s3://", one))]]))
    error_message = "python_modules: every module with its version (name==version) or as the s3:// address of a wheel, and one entry under the key default."
  }
}

variable "schedule" {
  description = "When the chain runs by itself; off unless enabled. `parameters` go to each run."
  type = object({
    enabled    = optional(bool, false)
    expression = optional(string, "cron(0 5 * * ? *)")
    timezone   = optional(string, "UTC")
    parameters = optional(any, {})
  })
  default = {}

  validation {
    condition     = can(regex("^(cron|rate|at)\\(.+\\)$", var.schedule.expression))
    error_message = "schedule.expression: cron(...), rate(...) or at(...), as Amazon EventBridge Scheduler writes them."
  }
}

variable "crawl_bronze" {
  description = "Whether the crawler over the raw dumps runs every night; it can be started by hand in any case. Silver and gold need none."
  type        = bool
  default     = false
}

variable "alarm_emails" {
  description = "Who is told of failed runs and of the budget. AWS asks each for confirmation."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for to in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", to))])
    error_message = "alarm_emails: addresses such as data@example.org."
  }
}

variable "monthly_budget_usd" {
  description = "US dollars a month; an alarm comes at 80% of it, and when it is forecast to be passed."
  type        = number
  default     = 50

  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "monthly_budget_usd: more than 0."
  }
}

variable "athena_scan_limit_gb" {
  description = "Gigabytes that one query in Athena may scan before it is cancelled."
  type        = number
  default     = 10

  validation {
    condition     = var.athena_scan_limit_gb >= 1
    error_message = "athena_scan_limit_gb: 1 or more."
  }
}

variable "log_days" {
  description = "Days for which logs are kept, as CloudWatch allows them."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_days)
    error_message = "log_days: 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827 or 3653."
  }
}

variable "old_dump_days" {
  description = "Days for which a dump that was replaced or removed in the bronze bucket can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.old_dump_days >= 1
    error_message = "old_dump_days: 1 or more."
  }
}

variable "hash_key_version" {
  description = "Raise it to make a new key of the hashes. Hashes of older ingestions then match no new ones."
  type        = number
  default     = 1
}

variable "sessions" {
  description = "Whether there is a role for Glue's interactive sessions, which may do what all steps may, and a policy for those who work in them."
  type        = bool
  default     = false
}

variable "quarantine_readers" {
  description = "ARNs of roles or users that may read quarantined documents, beside the step that sets them apart. Their own permissions are needed too."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.quarantine_readers : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?]+$", arn))])
    error_message = "quarantine_readers: ARNs of roles or users, such as arn:aws:iam::123456789012:role/privacy, without patterns."
  }
}

variable "keep_data" {
  description = "Whether the buckets refuse to be destroyed while they hold something. False removes dumps, lake and runs with the stack."
  type        = bool
  default     = true
}
