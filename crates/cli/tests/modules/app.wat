(module $app
  (import "lib" "half" (func $half (param i32) (result i32)))
  (func $main (export "main") (param i32) (result i32) (call $half (local.get 0))))
