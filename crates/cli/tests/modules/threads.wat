;; Starts a thread, and waits until that has written what it was given; ends with it. Given arguments, the thread traps
;; instead, and for three of them it ends the program.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))
  (func $thread (export "wasi_thread_start") (param $tid i32) (param $arg i32)
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (if (i32.eq (i32.load (i32.const 16)) (i32.const 2)) (then unreachable))
    (if (i32.eq (i32.load (i32.const 16)) (i32.const 3)) (then (call $proc_exit (i32.const 9))))
    (i32.atomic.store (i32.const 0) (local.get $arg))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func (export "_start")
    (drop (call $spawn (i32.const 42)))
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
    (call $proc_exit (i32.atomic.load (i32.const 0)))))
