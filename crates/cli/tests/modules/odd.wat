;; Imports what does not exist, and what is of another type.
(module
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32) (result i32)))
  (import "env" "print" (func $print (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $print (call $sock_accept (i32.const 1))))
  (func (export "print") (call $print (i32.const 2)))
  (func (export "nothing")))
