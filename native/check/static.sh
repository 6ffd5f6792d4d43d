#!/usr/bin/env bash
# The tap's tests with a binding that has librdkafka inside, as the prebuilt one has: here it is built against a
# shared library. Some minutes to build; STATIC_BINDING=DIRECTORY takes a package that was built so. All of it happens
# in a temporary directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
package=@confluentinc/kafka-javascript
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A second checkout: sources of its own, since Node looks for modules beside the real file, and all modules but one.
cp -r src test native scenarios package.json tsconfig*.json vitest.config.ts docker-compose.yml "$work"
mkdir -p "$work/node_modules/@confluentinc" "$work/results"
cp results/*.json "$work/results"
for module in node_modules/* node_modules/@confluentinc/*; do
  case $module in
    node_modules/@confluentinc | "node_modules/$package") ;;
    *) ln -s "$root/$module" "$work/$module" ;;
  esac
done
tar -C node_modules -c --exclude="$package/build" "$package" | tar -C "$work/node_modules" -x
binding=$work/node_modules/$package
if [ -n "${STATIC_BINDING:-}" ]; then
  cp -r "$STATIC_BINDING/build" "$binding"
else
  echo "building the binding with librdkafka inside"
  (
    cd "$binding"
    # It would download and compile curl and zstd, of which the tap knows nothing.
    sed -i 's/--install-deps --source-deps-only/--disable-curl --disable-zstd/' util/configure.js
    grep -q -e --disable-curl util/configure.js
    # As bin/setup/build-binding.mjs does it, but for the linking.
    export CKJS_LINKING=static MAKEFLAGS='' JOBS=1 PATH="$(dirname "$(command -v node)"):$PATH"
    prefix=$(dirname "$(dirname "$(realpath "$(command -v node)")")")
    [ -e "$prefix/include/node/node_version.h" ] && export npm_config_nodedir=$prefix
    node "$root/node_modules/@mapbox/node-pre-gyp/bin/node-pre-gyp" install --build-from-source
  ) >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log"; exit 1; }
fi

library=$binding/build/Release/confluent-kafka-javascript.node
if ldd "$library" | grep librdkafka; then
  echo "this binding is linked with a shared librdkafka: it proves nothing"
  exit 1
fi
echo "librdkafka is inside: $(nm -D "$library" | grep -c ' T rd_kafka_') of its functions, no shared library"

cd "$work"
node -e "require('$package/librdkafka.js')
  const loaded = require('node:fs').readFileSync('/proc/self/maps', 'utf8')
  if (!loaded.includes('$library') || loaded.includes('librdkafka.so')) throw new Error('another binding is loaded here')"
node "$root/node_modules/typescript/bin/tsc" -p tsconfig.build.json
node "$root/node_modules/vitest/vitest.mjs" run src/client/tap test/run/tap.test.ts
