# Reads xUnit.net's XML reports: a line of counts (passed, failed, skipped), and after it each failed test or error: its name, and its message's
# first lines. LOG is the log's name, LINES the most lines of a message.
function unescape(text) {
  gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text)
  gsub(/&#xD;/, "", text); gsub(/&#xA;/, "\n", text); gsub(/&#x9;/, "\t", text); gsub(/&amp;/, "\\&", text)
  return text
}
function attribute(record, name,    at, rest) {
  at = match(record, "(^| )" name "=\"")
  if (!at) return ""
  rest = substr(record, at + RLENGTH)
  return unescape(substr(rest, 1, index(rest, "\"") - 1))
}
function message(record,    at, rest, end) {
  at = index(record, "<message>")
  if (!at) return ""
  rest = substr(record, at + 9)
  rest = substr(rest, 1, index(rest, "</message>") - 1)
  if (sub(/^<!\[CDATA\[/, "", rest)) { sub(/\]\]>$/, "", rest); return rest }
  return unescape(rest)
}
function tell(name, text,    count, lines, i, shown) {
  told = told "\n" name "\n"
  count = split(text, lines, "\n")
  for (i = 1; i <= count && shown < LINES; i++) if (lines[i] ~ /[^ \t\r]/) { told = told "    " substr(lines[i], 1, 400) "\n"; shown++ }
  if (i <= count) told = told "    ...\n"
  told = told "    log: " LOG "\n"
}
BEGIN { RS = "<(test|error) "; passed = failed = skipped = 0; LINES = LINES ? LINES : 12 }
NR > 1 {
  result = attribute($0, "result")
  if (result == "Pass") passed++
  else if (result == "Skip") skipped++
  else if (result == "NotRun") next
  else { failed++; tell(attribute($0, "name"), message($0)) }
}
END { printf "%d %d %d\n%s", passed, failed, skipped, told }
