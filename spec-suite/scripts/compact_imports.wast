;; Groups of imports that name their module, and their type, once.

(module
  (import "spectest"
    (item "print" (func $print))
    (item "print_i32" (func $print_i32 (param i32)))
    (item "global_i32" (global $g i32))
    (item "memory" (memory 1 2))
    (item "table" (table 10 funcref)))
  (import "spectest" "global_i64" (global $h i64))
  (import "spectest" (item "print_i64") (func (param i64)))
  (func (export "sum") (result i64)
    (call $print) (call $print_i32 (i32.const 1))
    (i64.add (i64.extend_i32_u (global.get $g)) (global.get $h))))
(assert_return (invoke "sum") (i64.const 1332))

;; By bytes: one module, several types (0x7F); one module and one type (0x7E); none at all.
(module binary
  "\00asm" "\01\00\00\00"
  "\01\08\02" "\60\00\00" "\60\01\7f\00"
  "\02\21\01"
  "\08spectest" "\00" "\7f" "\02"
  "\05print" "\00\00"
  "\09print_i32" "\00\01")
(module binary
  "\00asm" "\01\00\00\00"
  "\02\26\01"
  "\08spectest" "\00" "\7e" "\03\7f\00" "\02"
  "\0aglobal_i32" "\0aglobal_i32")
(module binary
  "\00asm" "\01\00\00\00"
  "\02\0d\01"
  "\08spectest" "\00" "\7f" "\00")
;; An import with an empty name is one of its own.
(module (func (export "")) (func (export "f")))
(register "empty")
(module
  (import "empty" "" (func $f))
  (import "empty" (item "" (func)) (item "f" (func)))
  (func (export "call") (call $f)))
(assert_return (invoke "call"))

(assert_unlinkable
  (module (import "spectest" (item "print" (func)) (item "unknown" (func)))) "unknown import")
(assert_unlinkable
  (module (import "spectest" (item "print" (func)) (item "global_i32" (func)))) "incompatible import type")
(assert_invalid
  (module (import "spectest" (item "a" (memory 1)) (item "b" (memory 70000)))) "memory size must be at most")

;; The marks mean nothing behind a name.
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\02\0e\01" "\08spectest" "\01a" "\7f" "\00")
  "malformed import kind")
;; More are announced than there are.
(assert_malformed
  (module binary
    "\00asm" "\01\00\00\00" "\01\04\01\60\00\00" "\02\15\01" "\08spectest" "\00" "\7f" "\02" "\05print" "\00\00")
  "unexpected end")
(assert_malformed
  (module binary
    "\00asm" "\01\00\00\00" "\02\0f\01" "\08spectest" "\00" "\7e" "\03\7f\00")
  "unexpected end")
