variable "stages" {
  type = list(object({
    name    = string
    actions = optional(list(string), ["build"])
    order   = optional(number)
    labels  = optional(map(string), {})
  }))
  default = [
    { name = "test" },
    { name = "prod", actions = ["approve", "deploy"], order = "2", labels = { a = "x" } },
  ]
}

variable "regions" {
  type    = set(string)
  default = ["eu-west-1", "eu-central-1", "eu-west-1"]
}

variable "count_of" {
  type    = number
  default = "3"
}

locals {
  name     = "shop"
  tags     = { team = "web", cost = 12, live = true }
  nested   = { a = { b = ["x", "y", { c = "deep" }] } }
  empty    = []
  text     = "é𝒳 \"quoted\" \\ \t tab \u00e9 $${literal} %%{literal}"
  lines    = <<EOT
first
  second $${literal}
EOT
  indented = <<-EOT
    first

      second ${local.name}
    last
  EOT
  trimmed  = <<-EOT
    %{for key, value in local.tags~}
    ${key}=${value}
    %{endfor~}
    end
  EOT
}

locals {
  marked       = <<-EOT
      a
    %{~if local.tags.live}
      b ${~local.name~} c
    %{~else~}
      d
    %{endif}
      e ${local.name~}
      f
  EOT
  marked_plain = <<EOT
  a
  %{if local.tags.live~}

    b
  %{~endif~}
    c
EOT
  spaced       = "a ${~" b "~} c  ${local.name~} "
}
