#!/bin/sh
# Builds lisp.wasm from lisp.c. Needs: pip install ziglang==0.17.0
set -eu
cd "$(dirname "$0")"
python3 -m ziglang cc -target wasm32-freestanding -O2 -g0 -Wall -Wextra -nostdlib -Wl,--no-entry -Wl,-z,stack-size=1048576 \
    -o lisp.wasm lisp.c
