#!/bin/sh
# Builds the program as the file that is named, since it is too large for the repository: tests/fetch.sh has it in the
# cache. Needs Go 1.27.3 in $GO or the path, for the same bytes.
set -eu
output=$(realpath "$1")
cd "$(dirname "$0")"
GOOS=wasip1 GOARCH=wasm GOFLAGS=-mod=mod GOTOOLCHAIN=local "${GO:-go}" build -trimpath -ldflags=-s -o "$output" tour.go
