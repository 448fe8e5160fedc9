;; Not valid, as it turns out when `$bad` is called.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $bad (drop (i32.add (i32.const 1) (f32.const 1))))
  (func (export "_start") (call $bad)))
