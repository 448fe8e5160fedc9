(module
  (import "lib" "twice" (func $twice (param i32) (result i32)))
  (import "two" "twice" (func $again (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func (export "_start") (call $proc_exit (call $again (call $twice (i32.const 10))))))
