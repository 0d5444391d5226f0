# Reads one TRX file (the test platform's XML) and prints one line for the project, then every failure and every skip.
# In: name, status (exit code of the run), time (text), sums (file to write "passed failed skipped" to), left (file that
# lists what the tests left behind). mawk and gawk both run it. A record begins at each "<", so no line break matters.
BEGIN { RS = "<"; FS = ">"; passed = failed = skipped = 0; result = "" }

function attribute(text, key,    at, rest) {
  at = index(text, " " key "=\"")
  if (!at) return ""
  rest = substr(text, at + length(key) + 3)
  return substr(rest, 1, index(rest, "\"") - 1)
}

function plain(text) {
  gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'", text)
  gsub(/&#xD;/, "", text); gsub(/&#xA;/, "\n", text); gsub(/&#x9;/, "\t", text)
  gsub(/&amp;/, "\\&", text)
  return text
}

function indented(text, by) {
  sub(/[ \t\r\n]+$/, "", text)
  gsub(/\n/, "\n" by, text)
  return by text
}

function close_result(    text) {
  if (outcome == "Passed") passed++
  else if (outcome == "NotExecuted") {
    skipped++
    reason = message != "" ? message : output
    sub(/^[ \t\r\n]+/, "", reason)
    text = indented(reason, "        ")
    sub(/^ +/, "", text)
    # Those of one class that lack the same thing are told of once.
    class = test
    sub(/\(.*/, "", class)
    sub(/\.[^.]*$/, "", class)
    key = class ": " text
    if (!(key in skipped_for)) keys[++key_count] = key
    skipped_for[key]++
    skipped_test[key] = test ": " text
  } else {
    failed++
    failures = failures "  FAILED " test "\n"
    if (message != "") failures = failures indented(message, "    ") "\n"
    if (stack != "") failures = failures indented(stack, "    ") "\n"
    if (output != "") failures = failures "    output of the test:\n" indented(output, "      ") "\n"
  }
  result = ""
}

# The tag's own text is everything up to the first ">", the text after it the rest, which may hold more of them.
{
  tag = $1
  at = index($0, ">")
  body = at ? plain(substr($0, at + 1)) : ""
}

tag ~ /^UnitTestResult / {
  result = tag; test = plain(attribute(tag, "testName")); outcome = attribute(tag, "outcome")
  message = stack = output = ""
  if (tag ~ /\/$/) close_result()
}
result != "" && (tag == "Message" || tag ~ /^Message /) { message = message body }
result != "" && (tag == "StackTrace" || tag ~ /^StackTrace /) { stack = stack body }
result != "" && (tag == "StdOut" || tag ~ /^StdOut / || tag == "StdErr" || tag ~ /^StdErr /) { output = output body }
result != "" && tag == "/UnitTestResult" { close_result() }
# What the platform itself has to say: a crash of the test process, a hanging test. It also repeats every failure's name.
result == "" && tag ~ /^RunInfo / { info = attribute(tag, "outcome") }
result == "" && tag == "Text" && info == "Error" && body !~ /\[(FAIL|SKIP)\][ \r\n]*$/ { errors = errors indented(body, "    ") "\n" }
tag == "/TestRun" { complete = 1 }

END {
  if (!complete) exit 0
  whole = ""
  if (status != 0 && failed == 0) { errors = errors "    the test process ended with status " status "\n"; whole = " whole" }
  if (passed + failed + skipped == 0) { errors = errors "    the project has no tests\n" }
  RS = "\n"; FS = "\n"
  while ((getline line < left) > 0) remains = remains "    " line "\n"
  extra = (whole != "" || passed + failed + skipped == 0 ? 1 : 0) + (remains != "" ? 1 : 0)
  printf "%-28s %5d passed, %d failed, %d skipped (%s)\n", name, passed, failed + extra, skipped, time
  for (i = 1; i <= key_count; i++) {
    if (skipped_for[keys[i]] == 1) printf "  skipped %s\n", skipped_test[keys[i]]
    else printf "  skipped %d of %s\n", skipped_for[keys[i]], keys[i]
  }
  printf "%s", failures
  if (errors != "" && failed + extra > 0) printf "  about the run itself:\n%s", errors
  if (remains != "") printf "  FAILED to clean up; the tests left behind (gone now):\n%s", remains
  print passed, failed + extra, skipped whole > sums
}
