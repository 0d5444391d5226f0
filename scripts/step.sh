# Sourced by the other scripts: one line of progress per step, and the whole output of a step that fails.

# Milliseconds of a clock that is good enough to say how long a step took.
now_ms() { local now=${EPOCHREALTIME/[.,]/}; echo $((now / 1000)); }

# "2.1 s" for 2134 milliseconds.
seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# step TEXT COMMAND [ARGUMENT…]: prints "TEXT … done (2.1 s)". The command's output appears only when it fails, whole.
# With STEP_LINES=1 start and end are lines of their own, so that steps running side by side stay readable.
step() {
  local text=$1 began output status=0
  shift
  began=$(now_ms)
  output=$(mktemp)
  if [ "${STEP_LINES:-0}" = 1 ]; then
    printf '%s …\n' "$text"
  else
    printf '%s … ' "$text"
  fi
  "$@" >"$output" 2>&1 </dev/null || status=$?
  if [ "${STEP_LINES:-0}" = 1 ]; then printf '%s … ' "$text"; fi
  if [ "$status" = 0 ]; then
    printf 'done (%s)\n' "$(seconds $(($(now_ms) - began)))"
  else
    printf 'FAILED with status %d (%s)\n' "$status" "$(seconds $(($(now_ms) - began)))"
    printf '$ %s\n' "$*"
    cat "$output"
  fi
  rm -f "$output"
  return "$status"
}
