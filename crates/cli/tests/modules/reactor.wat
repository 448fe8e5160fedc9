;; A library that has to be initialized, and that looks at the time.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (global $ready (mut i32) (i32.const 0))
  (func (export "_initialize")
    (if (global.get $ready) (then unreachable))
    (global.set $ready (i32.eqz (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)))))
  (func (export "twice") (param i32) (result i32)
    (if (i32.eqz (global.get $ready)) (then unreachable))
    (i32.mul (local.get 0) (i32.const 2))))
