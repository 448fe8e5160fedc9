;; Four threads by the wasi-threads convention. Each adds 1 to a counter 10,000 times; the first thread waits until all are
;; through, and writes how far it got, and how many of the threads had a number and an argument as they should.
(module
  (import "env" "memory" (memory 1 2 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (export "memory" (memory 0))
  ;; 0: the counter. 4: threads that are through. 8: threads that were as they should. 16: an iovec. 24: its result.
  (data (i32.const 64) "counter ______, threads _\n")

  (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
    (local $i i32)
    (loop $again
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000))))
    (if (i32.and
          (i32.and (i32.gt_s (local.get $id) (i32.const 0)) (i32.lt_u (local.get $id) (i32.const 0x20000000)))
          (i32.lt_u (i32.sub (local.get $argument) (i32.const 100)) (i32.const 4)))
      (then (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 4) (i32.const 1))))

  (func (export "_start")
    (local $i i32) (local $done i32) (local $at i32)
    (loop $spawn
      (if (i32.lt_s (call $spawn (i32.add (i32.const 100) (local.get $i))) (i32.const 0))
        (then (call $exit (i32.const 1))))
      (br_if $spawn (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (loop $wait
      (local.set $done (i32.atomic.load (i32.const 4)))
      (if (i32.lt_u (local.get $done) (i32.const 4))
        (then
          (drop (memory.atomic.wait32 (i32.const 4) (local.get $done) (i64.const 1000000000)))
          (br $wait))))
    (local.set $i (i32.atomic.load (i32.const 0)))
    (local.set $at (i32.const 77))
    (loop $digit
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $i) (i32.const 10))))
      (local.set $i (i32.div_u (local.get $i) (i32.const 10)))
      (br_if $digit (i32.ge_u (local.tee $at (i32.sub (local.get $at) (i32.const 1))) (i32.const 72))))
    (i32.store8 (i32.const 88) (i32.add (i32.const 48) (i32.atomic.load (i32.const 8))))
    (i32.store (i32.const 16) (i32.const 64))
    (i32.store (i32.const 20) (i32.const 26))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))
