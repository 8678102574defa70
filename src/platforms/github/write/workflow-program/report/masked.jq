# A text without what is secret: each value, each line of one, and the forms in which programs print it. In: the text, $ENV.SECRETS (a
# list in JSON), and the keys with which the job has signed in to AWS.

([($ENV.SECRETS | fromjson)[], $ENV.AWS_ACCESS_KEY_ID, $ENV.AWS_SECRET_ACCESS_KEY, $ENV.AWS_SESSION_TOKEN]
  | map(select(. != null) | ., (split("\n")[] | gsub("^\\s+|\\s+$"; "")))
  | map(., @base64, @uri, (tojson | .[1:-1]))
  | map(select(. != "")) | unique | sort_by(-length)) as $secrets
| reduce $secrets[] as $secret (.; split($secret) | join("***"))
