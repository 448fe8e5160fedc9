;; Copies the file note.txt of the first directory that it is given, or else the standard input, to the standard
;; output. Then it tries to change that file, and ends with the number of the error that it gets.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "note.txt")

  (func $open (param $rights i64) (result i32)
    (call $path_open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 8) (i32.const 0)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 8)))

  (func (export "_start") (local $fd i32) (local $failed i32)
    (i32.store (i32.const 0) (i32.const 1000))
    (i32.store (i32.const 4) (i32.const 1000))
    ;; The right to read.
    (if (i32.eqz (local.tee $failed (call $open (i64.const 2))))
      (then (local.set $fd (i32.load (i32.const 8)))))
    (drop (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 12)))
    (i32.store (i32.const 4) (i32.load (i32.const 12)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
    ;; The right to write.
    (if (i32.eqz (local.get $failed)) (then (local.set $failed (call $open (i64.const 64)))))
    (call $proc_exit (local.get $failed))))
