#!/bin/bash
# Makes the modules of `eras.toml`, all of them or those whose file matches $1. Needs node and npm.
# Compilers, and the bindings that they write for `oracle.mjs`, go to $ERAS_CACHE; modules go beside their sources.
set -euo pipefail
cd "$(dirname "$0")"
cache=${ERAS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/terrane-eras}

# install VERSION: the compiler, the loader of its time, and what programs for WASI need.
install() {
    local to=$cache/compilers/$1
    [ -e "$to/done" ] && return
    mkdir -p "$to"
    echo '{ "private": true }' >"$to/package.json"
    local packages=("assemblyscript@$1")
    case $1 in
        0.9.* | 0.1?.*) packages+=("@assemblyscript/loader@$1") ;;
        0.28.*) packages+=("@assemblyscript/wasi-shim@0.1.0") ;;
    esac
    npm install --prefix "$to" --no-audit --no-fund --ignore-scripts "${packages[@]}"
    touch "$to/done"
}

# field NAME LINE: the string that the line has under that name.
field() {
    sed -n "s/.*\b$1 = \"\([^\"]*\)\".*/\1/p" <<<"$2"
}

grep -F '{ file = ' eras.toml | grep -F "file = \"${1:-}" | while IFS= read -r line; do
    file=$(field file "$line")
    version=$(field version "$line")
    install "$version"
    # Relative paths: older compilers take no absolute ones, and no compiler takes one for its configuration.
    modules=$(realpath --relative-to=. "$cache/compilers/$version/node_modules")
    compiler=$modules/assemblyscript/bin/asc
    out=$(realpath -m --relative-to=. "$cache/out/$file")
    mkdir -p "$(dirname "$out")"
    read -ra flags <<<"$(field flags "$line" | sed "s|@assemblyscript|$modules/@assemblyscript|")"
    case $version in
        0.9.* | 0.1?.*) flags+=(--binaryFile "$out") ;;
        *)
            compiler=$compiler.js
            flags+=(--outFile "$out" --disableWarning 235)
            case " ${flags[*]} " in *" --exportRuntime "*) flags+=(--bindings raw) ;; esac
            ;;
    esac
    echo "$file: asc $version $(field flags "$line")"
    node "$compiler" "$(field source "$line")" "${flags[@]}" </dev/null
    cp "$out" "$file"
    case $line in *"types = true"*) cp "${out%.wasm}.d.ts" "${file%.wasm}.d.ts" ;; esac
done
