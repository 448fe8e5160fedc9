#!/bin/sh
# Builds what is here. Needs Debian's rustc with libstd-rust-dev-wasm32, and lld.
set -eu
cd "$(dirname "$0")"
"${RUSTC:-/usr/bin/rustc}" --edition 2021 --target wasm32-wasi -C opt-level=z -C lto -C codegen-units=1 -C strip=symbols -C panic=abort -o tour.wasm tour.rs
