#!/bin/sh
# Builds the three modules. Needs: npm install kotlin-compiler@2.4.20 (here or in $KOTLIN), and a JRE 17.
set -eu
cd "$(dirname "$0")"
kotlin=${KOTLIN:-$PWD}/node_modules/kotlin-compiler
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# build NAME SOURCE SWITCH...: compiles to an intermediate library, then links that with what it uses of the standard library
build() {
    name=$1 source=$2
    shift 2
    bash "$kotlin/bin/kotlinc-wasm" -libraries "$kotlin/lib/kotlin-stdlib-wasm-wasi.klib" -Xwasm-target=wasm-wasi -nowarn \
        -ir-output-dir "$scratch/$name" -ir-output-name app -nopack main.kt "$source"
    bash "$kotlin/bin/kotlinc-wasm" -libraries "$kotlin/lib/kotlin-stdlib-wasm-wasi.klib" -Xwasm-target=wasm-wasi -nowarn \
        -Xir-produce-js -Xinclude="$scratch/$name" -Xir-dce "$@" -ir-output-dir "$scratch/$name.bin" -ir-output-name app
    mv "$scratch/$name.bin/app.wasm" "$name.wasm"
}

# Only the first has names, of types and fields too: they are half of a module.
build exceptions exceptions.kt -Xwasm-use-new-exception-proposal
build legacy exceptions.kt -Xwasm-use-new-exception-proposal=false -Xwasm-debug-info=false
build traps plain.kt -Xwasm-use-traps-instead-of-exceptions -Xwasm-debug-info=false
