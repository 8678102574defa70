# Environments that were asked for on a branch that does not belong to them.
{strangers: [places[] | select($facts.event != "push" and $facts.event != "schedule" and (belongs(.) | not))]}
