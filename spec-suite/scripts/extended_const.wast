;; Arithmetic in constant expressions, everywhere such expressions stand.

(module $base (global (export "base") i32 (i32.const 1000)) (global (export "wide") i64 (i64.const -2)))
(register "base" $base)

(module
  (import "base" "base" (global $base i32))
  (import "base" "wide" (global $wide i64))
  (global (export "sum") i32 (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const -7))))
  (global (export "wraps") i32 (i32.sub (i32.const -2147483648) (i32.const 1)))
  (global (export "mul") i64 (i64.mul (global.get $wide) (i64.const 0x4000000000000000)))
  (global (export "wide") i64 (i64.sub (i64.add (global.get $wide) (global.get $wide)) (i64.const 1)))
  (global (export "deep") i32
    (i32.add (i32.const 1) (i32.add (i32.const 2) (i32.add (i32.const 3) (i32.sub (i32.const 4) (i32.const 5))))))
  (memory 1)
  (data (i32.sub (global.get $base) (i32.const 999)) "xyz")
  (table 8 funcref)
  (elem (i32.add (i32.const 2) (i32.mul (i32.const 1) (i32.const 3))) func $seven)
  (func $seven (result i32) (i32.const 7))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
)
(assert_return (get "sum") (i32.const 979))
(assert_return (get "wraps") (i32.const 2147483647))
(assert_return (get "mul") (i64.const 0x8000000000000000))
(assert_return (get "wide") (i64.const -5))
(assert_return (get "deep") (i32.const 5))
(assert_return (invoke "byte" (i32.const 0)) (i32.const 0))
(assert_return (invoke "byte" (i32.const 1)) (i32.const 120))
(assert_return (invoke "byte" (i32.const 3)) (i32.const 122))
(assert_return (invoke "call" (i32.const 5)) (i32.const 7))
(assert_trap (invoke "call" (i32.const 4)) "uninitialized element")

(assert_trap
  (module (memory 1) (data (i32.mul (i32.const 65536) (i32.const 1)) "x"))
  "out of bounds memory access")
(assert_trap
  (module (table 1 funcref) (func $f) (elem (i32.sub (i32.const 0) (i32.const 1)) func $f))
  "out of bounds table access")
(assert_invalid (module (global i32 (i32.div_s (i32.const 1) (i32.const 1)))) "constant expression required")
(assert_invalid (module (global i32 (i32.add (i32.const 1)))) "type mismatch")
(assert_invalid (module (global i32 (i64.add (i64.const 1) (i64.const 1)))) "type mismatch")
(assert_invalid (module (global i32 (i32.add (i64.const 1) (i32.const 1)))) "type mismatch")
