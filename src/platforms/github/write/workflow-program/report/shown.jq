# A text as Markdown below a heading, in at most so many bytes: its beginning and its end stay, because the end says what it comes to.

def cut($bytes):
  def taken($limit): reduce .[] as $line ({lines: [], size: 0, full: false};
    ($line | utf8bytelength + 1) as $more
    | if .full or .size + $more > $limit then .full = true else .lines += [$line] | .size += $more end) | .lines;
  if utf8bytelength <= $bytes then .
  else split("\n") as $lines
    | ($lines | taken($bytes * 3 / 4 | floor)) as $first
    | ($lines[($first | length):] | reverse | taken($bytes / 4 - 100 | floor) | reverse) as $last
    | [$first[], "... \(($lines | length) - ($first | length) - ($last | length)) lines are left out here ...", $last[]] | join("\n")
  end;

# Markdown as it is; other text between more backticks than stand in it.
def shown($title; $kind; $bytes):
  rtrimstr("\n") | cut($bytes - ($title | utf8bytelength) - 200)
  | ([match("`+"; "g").length] | [max // 0, 2] | max + 1) as $count
  | ("`" * $count) as $fence
  | "### \($title)\n\n" + (if $kind == "md" then . else "\($fence)\n\(.)\n\($fence)" end) + "\n";
