#!/bin/sh
# Builds what is here. Needs Debian's clang, lld, wasi-libc, and libc++-dev-wasm32, libc++abi-dev-wasm32 and
# libclang-rt-dev-wasm32 of the same version as clang, 19 or later.
set -eu
cd "$(dirname "$0")"
build() {
    "${CLANG:-clang++}" --target=wasm32-wasi -std=c++20 -Oz -Wall -Wl,--strip-all,--gc-sections "$@"
}
build -fno-exceptions -o tour.wasm tour.cpp
# Clang 19 has only the kind of exceptions that came before the present one.
build -fwasm-exceptions -o exceptions.wasm exceptions.cpp unwind.cpp
