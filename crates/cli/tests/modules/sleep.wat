;; Sleeps for an hour.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; Behind what it is for, and that it is about a clock: which one, nanoseconds, how exactly.
  (data (i32.const 16) "\01\00\00\00\00\00\00\00" "\00\a0\b8\30\46\03\00\00")
  (func (export "_start") (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))
