#!/usr/bin/env bash
# The tap under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer: threads, hostile files, hostile
# envelopes, and a real librdkafka against its mock cluster. About a minute; FUZZ_SECONDS (10) and FUZZ_SEED change it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c11 -g -O1 -fno-omit-frame-pointer -Wall -Wextra -Werror -fno-sanitize-recover=all)
library=../../node_modules/@confluentinc/kafka-javascript/build/deps/librdkafka.so.1
seed=${FUZZ_SEED:-$(date +%s)}
export TSAN_OPTIONS="suppressions=$PWD/librdkafka.supp halt_on_error=1" ASAN_OPTIONS=detect_leaks=1

# As users compile it, with every warning.
"${CC:-cc}" -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Wpedantic -Wconversion -Werror \
  -o "$work/tap.so" ../tap.c -pthread -ldl

for sanitizer in address,undefined thread; do
  echo "== $sanitizer"
  build=("${CC:-cc}" "${flags[@]}" "-fsanitize=$sanitizer")
  "${build[@]}" -rdynamic -o "$work/check" check.c -pthread -ldl
  "$work/check" threads
  "$work/check" files
  "$work/check" fuzz "${FUZZ_SECONDS:-10}" "$seed"
  if [ -e "$library" ]; then
    "${build[@]}" -fPIC -shared -fvisibility=hidden -o "$work/tap-sanitized.so" ../tap.c -pthread -ldl
    "${build[@]}" -rdynamic -o "$work/mock" mock.c -pthread -ldl
    "$work/mock" "$library" "$work/tap-sanitized.so" 200000
  else
    # A prebuilt binding carries librdkafka inside, which only Node can load.
    echo "mock: left out, no shared librdkafka here"
  fi
done
