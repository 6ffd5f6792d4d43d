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

# The other C library that Node comes with (Alpine). Sanitizers have no build for it.
if command -v musl-gcc >/dev/null; then
  echo "== musl"
  musl-gcc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -o "$work/tap-musl.so" ../tap.c \
    -pthread -ldl
  musl-gcc -std=c11 -O2 -Wall -Wextra -Werror -rdynamic -o "$work/check-musl" check.c -pthread -ldl
  for part in threads files; do "$work/check-musl" "$part"; done
  "$work/check-musl" fuzz 3 "$seed"
else
  echo "musl: left out, no musl-gcc here (Debian: musl-tools)"
fi
