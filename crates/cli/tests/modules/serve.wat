;; Greets one client of the first socket that it is given.
(module
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $sock_send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
  (func (export "_start") (local $failed i32)
    (local.set $failed (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 32)))
    (if (i32.eqz (local.get $failed))
      (then
        (local.set $failed
          (call $sock_send (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 36)))))
    (call $proc_exit (local.get $failed))))
