#!/bin/sh
# Makes mean.wasm anew, with Debian's clang 19 and lld 19. Names stay mangled, and the folder of the sources is
# called /src, wherever this one is.
set -eu
cd "$(dirname "$0")"
clang-19 --target=wasm32 -nostdlib -g -O1 -fdebug-compilation-dir=/src -Wl,--no-entry -Wl,--no-demangle \
    -o mean.wasm mean.cpp
