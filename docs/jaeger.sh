#!/bin/sh
# Builds Jaeger v2 from its Go module into a folder of its own, once, and runs it: OTLP on 4317 (gRPC) and 4318 (HTTP),
# its query API on 16686, everything in memory. `go install` refuses the module for its replace directive.
# Usage: docs/jaeger.sh [folder]
set -eu

version=v1.76.0
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/signalbox-jaeger}
binary=$folder/jaeger-$version

if [ ! -x "$binary" ]; then
  command -v go >/dev/null || { echo 'Go 1.25 or later is needed to build Jaeger: https://go.dev/dl' >&2; exit 1; }
  mkdir -p "$folder"
  cd "$folder"
  cat > go.mod <<MOD
module jaegerbuild

go 1.25.4

require github.com/jaegertracing/jaeger $version

replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0
MOD
  echo "Building Jaeger $version in $folder (about five minutes) ..." >&2
  go mod download "github.com/jaegertracing/jaeger@$version"
  cp "$(go list -m -f '{{.Dir}}' "github.com/jaegertracing/jaeger@$version")/go.sum" go.sum
  chmod u+w go.sum
  # Moved into place only when whole, so that an interrupted build is not taken for a binary.
  go build -mod=mod -trimpath -ldflags='-s -w' -o "$binary.part" github.com/jaegertracing/jaeger/cmd/jaeger
  mv "$binary.part" "$binary"
fi

echo 'Query API: http://127.0.0.1:16686/api/v3/services, OTLP: http://127.0.0.1:4318' >&2
exec "$binary"
