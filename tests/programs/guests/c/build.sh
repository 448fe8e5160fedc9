#!/bin/sh
# Builds what is here. Needs Debian's clang, lld, wasi-libc, and libclang-rt-dev-wasm32 of the same version as clang.
set -eu
cd "$(dirname "$0")"
"${CLANG:-clang}" --target=wasm32-wasi -Oz -Wall -Wextra -Wno-unused-result -Wno-unused-parameter -Wl,--strip-all \
    -o probe.wasm ./*.c
