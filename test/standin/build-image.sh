#!/usr/bin/env bash
# Builds a local image with the name of the official one (apache/kafka:4.3.0) and its environment contract, from
# Debian packages and Maven artifacts alone. For machines that can install packages and cannot pull images. Needs root,
# a reachable Docker engine, mmdebstrap and mvn. Each stage is skipped when its result is there.
#   STANDIN_WORK   where jars and intermediate files go (default: a directory below the user's cache)
#   KAFKA_IMAGE, KAFKA_VERSION   as in .env.example
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${KAFKA_VERSION:-4.3.0}
tag=${KAFKA_IMAGE:-apache/kafka}:$version
base=kafka-bench-standin/jre17-bookworm:1
work=${STANDIN_WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/kafka-bench/standin}
mkdir -p "$work"
say() { printf '[%ss] %s\n' "$SECONDS" "$*"; }

if docker image inspect "$base" >/dev/null 2>&1; then
  say 'Debian 12 and Java 17: present'
else
  say 'Debian 12 and Java 17'
  # Documentation goes afterwards: without its directory for man pages the JRE's postinst fails.
  mmdebstrap --quiet --variant=apt \
    --include=openjdk-17-jre-headless,procps \
    --aptopt='APT::Install-Recommends "false"' \
    --customize-hook='rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/*' \
    --customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/etc/apt/sources.list*' \
    --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/resolv.conf "$1"/etc/hostname' \
    bookworm "$work/root.tar"
  docker import "$work/root.tar" "$base" >/dev/null
  rm "$work/root.tar"
fi

jars=$work/libs-$version
if [ -f "$jars/.complete" ]; then
  say "Kafka $version: present"
else
  say "Kafka $version"
  rm -rf "$jars"
  mvn -q -B -f "$here/image/pom.xml" "-Dkafka.version=$version" \
    dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$jars"
  touch "$jars/.complete"
fi

# The label says that it is a stand-in, and of which files: others make another image.
sum=$(cat "$here"/image/* | sha256sum | cut -c1-16)
if [ "$(docker image inspect -f '{{index .Config.Labels "kafka-bench.standin"}}' "$tag" 2>/dev/null)" = "$sum" ]; then
  say "$tag: present"
else
  say "$tag"
  context=$(mktemp -d "$work/context.XXXXXX")
  trap 'rm -rf "$context"' EXIT
  cp "$here"/image/* "$context/"
  cp -r "$jars" "$context/libs"
  rm "$context/libs/.complete"
  # The classic builder: buildx is a package of its own and pulls its frontend.
  DOCKER_BUILDKIT=0 docker build -q --label "kafka-bench.standin=$sum" -t "$tag" "$context" 2>"$work/build.log" ||
    { tail -n 20 "$work/build.log"; exit 1; }
fi
say "built $tag, a stand-in"
