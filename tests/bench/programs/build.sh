#!/bin/sh
# Compiles c/*.c to wasm/*.wasm, one module per kernel, and all of them into wasm/suite.wasm.
# Needs the compiler that PyPI ships as `ziglang` (0.17.0 built what is committed here):
#     python3 -m venv venv && venv/bin/pip install ziglang==0.17.0 && PYTHON=venv/bin/python ./build.sh
# The WAT kernels need no step of their own: the benchmark assembles them when it starts.
set -eu
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3}
FLAGS="-target wasm32-freestanding -mcpu=generic+bulk_memory -O2 -std=c11 -Wall -Wextra -nostdlib"
LINK="-Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536"

mkdir -p wasm
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
exports=""
for source in c/*.c; do
    name=$(basename "$source" .c)
    # shellcheck disable=SC2086
    "$PYTHON" -m ziglang cc $FLAGS $LINK -Wl,--export=run "$source" -o "wasm/$name.wasm"
    # shellcheck disable=SC2086
    "$PYTHON" -m ziglang cc $FLAGS -Drun="run_$name" -c "$source" -o "$objects/$name.o"
    exports="$exports -Wl,--export=run_$name"
done
# The same with 64-bit addresses.
WIDE=$(echo "$FLAGS" | sed s/wasm32/wasm64/)
for name in sort lz; do
    # shellcheck disable=SC2086
    "$PYTHON" -m ziglang cc $WIDE $LINK -Wl,--export=run "c/$name.c" -o "wasm/${name}_64.wasm"
done
# shellcheck disable=SC2086
"$PYTHON" -m ziglang cc $FLAGS $LINK $exports "$objects"/*.o -o wasm/suite.wasm
chmod 644 wasm/*.wasm
