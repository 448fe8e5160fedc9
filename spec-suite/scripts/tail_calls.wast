;; Tail calls across modules, through tables, with more and fewer arguments than the caller, and very many of them.

(module $even
  (type $step (func (param i64 i64) (result i64)))
  (table (export "table") 8 funcref)
  (global (export "visits") (mut i32) (i32.const 0))
  (func $even (export "even") (type $step)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else
        (return_call_indirect (type $step)
          (i64.sub (local.get 0) (i64.const 1)) (local.get 1) (i32.const 1)))))
  (elem (i32.const 0) $even)
)
(register "even" $even)

(module $odd
  (type $step (func (param i64 i64) (result i64)))
  (import "even" "table" (table 8 funcref))
  (import "even" "even" (func $even (type $step)))
  (func $odd (export "odd") (type $step)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 0))
      (else (return_call $even (i64.sub (local.get 0) (i64.const 1)) (local.get 1)))))
  (elem (i32.const 1) $odd)
)

;; Far more calls than any stack has frames.
(assert_return (invoke $even "even" (i64.const 1000000) (i64.const 0)) (i64.const 1))
(assert_return (invoke $even "even" (i64.const 1000001) (i64.const 0)) (i64.const 0))
(assert_return (invoke $odd "odd" (i64.const 1000001) (i64.const 0)) (i64.const 1))

(module
  (type $f3 (func (param i32 i32 i32) (result i32)))
  (table funcref (elem $digits $one))

  ;; More arguments than the caller has, all taken from its own in another order.
  (func $digits (param i32 i32 i32) (result i32)
    (i32.add (i32.mul (i32.add (i32.mul (local.get 0) (i32.const 10)) (local.get 1)) (i32.const 10)) (local.get 2)))
  (func (export "rotate") (param i32 i32 i32) (result i32)
    (return_call $digits (local.get 1) (local.get 2) (local.get 0)))
  (func (export "swap") (param i32 i32) (result i32)
    (return_call $digits (local.get 1) (local.get 0) (i32.sub (local.get 1) (local.get 0))))
  (func (export "widen") (param i32) (result i32)
    (local i64 i64 i64)
    (return_call $digits (local.get 0) (i32.add (local.get 0) (i32.const 1)) (i32.add (local.get 0) (i32.const 2))))
  (func $one (export "one") (param i32) (result i32) (return_call $none))
  (func $none (result i32) (i32.const 77))
  (func (export "indirect") (param i32 i32 i32 i32) (result i32)
    (return_call_indirect (type $f3) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))

  ;; A tail call drops what is below its arguments.
  (func (export "drops") (param i32) (result i32)
    (i64.const 1) (f32.const 2) (local.get 0)
    (return_call $one))
  ;; Inside blocks, and in one arm of an `if`.
  (func (export "nested") (param i32) (result i32)
    (block (result i32)
      (loop (result i32)
        (if (result i32) (i32.gt_u (local.get 0) (i32.const 5))
          (then (return_call $digits (local.get 0) (i32.const 1) (i32.const 2)))
          (else (i32.add (local.get 0) (i32.const 1)) (local.set 0) (br 1)))))
    (drop) (i32.const -1))
  ;; Several results.
  (func $pair (param i32) (result i32 i64) (local.get 0) (i64.extend_i32_s (local.get 0)))
  (func (export "pair") (result i32 i64) (return_call $pair (i32.const -3)))
  ;; The caller of the caller goes on with its own frame.
  (func (export "resumes") (param i32 i32) (result i32)
    (local i32)
    (local.set 2 (i32.const 1000))
    (i32.add (i32.add (local.get 2) (call $hop (local.get 0))) (local.get 1)))
  (func $hop (param i32) (result i32)
    (local i64 f64)
    (return_call $digits (local.get 0) (local.get 0) (local.get 0)))
  ;; An accumulator, and arguments that depend on each other.
  (func $fib (export "fib") (param i32 i64 i64) (result i64)
    (if (result i64) (i32.eqz (local.get 0)) (then (local.get 1))
      (else (return_call $fib (i32.sub (local.get 0) (i32.const 1))
        (local.get 2) (i64.add (local.get 1) (local.get 2))))))
)

(assert_return (invoke "rotate" (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 231))
(assert_return (invoke "swap" (i32.const 3) (i32.const 7)) (i32.const 734))
(assert_return (invoke "widen" (i32.const 4)) (i32.const 456))
(assert_return (invoke "one" (i32.const 4)) (i32.const 77))
(assert_return (invoke "drops" (i32.const 4)) (i32.const 77))
(assert_return (invoke "indirect" (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 321))
(assert_trap (invoke "indirect" (i32.const 1) (i32.const 1) (i32.const 2) (i32.const 3)) "indirect call type mismatch")
(assert_trap (invoke "indirect" (i32.const 2) (i32.const 1) (i32.const 2) (i32.const 3)) "undefined element")
(assert_return (invoke "nested" (i32.const 2)) (i32.const 612))
(assert_return (invoke "nested" (i32.const 9)) (i32.const 912))
(assert_return (invoke "pair") (i32.const -3) (i64.const -3))
(assert_return (invoke "resumes" (i32.const 2) (i32.const 5)) (i32.const 1227))
(assert_return (invoke "fib" (i32.const 90) (i64.const 0) (i64.const 1)) (i64.const 2880067194370816120))

;; A tail call of a host function, and of an imported guest function which calls back.
(module
  (import "spectest" "print_i32" (func $print (param i32)))
  (import "spectest" "print" (func $nothing))
  (func (export "print") (param i32) (return_call $print (local.get 0)))
  (func (export "then") (param i32) (result i32) (call $twice (local.get 0)) (i32.const 5))
  (func $twice (param i32) (call $print (local.get 0)) (return_call $nothing))
  (table funcref (elem $print))
  (func (export "through") (param i32) (return_call_indirect (param i32) (local.get 0) (i32.const 0)))
)
(assert_return (invoke "print" (i32.const 1)))
(assert_return (invoke "then" (i32.const 1)) (i32.const 5))
(assert_return (invoke "through" (i32.const 1)))

;; Memory and globals are the callee's, and the caller's again afterwards.
(module $near (memory 1) (data (i32.const 0) "N") (global $g i32 (i32.const 1))
  (func (export "read") (param i32) (result i32)
    (i32.add (i32.mul (global.get $g) (i32.const 1000)) (i32.load8_u (local.get 0)))))
(register "near" $near)
(module
  (import "near" "read" (func $read (param i32) (result i32)))
  (memory 1) (data (i32.const 0) "F") (global $g i32 (i32.const 2))
  (func $far (export "far") (param i32) (result i32) (return_call $read (local.get 0)))
  (func (export "both") (param i32) (result i32 i32)
    (call $far (local.get 0))
    (i32.add (i32.mul (global.get $g) (i32.const 1000)) (i32.load8_u (local.get 0))))
)
(assert_return (invoke "far" (i32.const 0)) (i32.const 1078))
(assert_return (invoke "both" (i32.const 0)) (i32.const 1078) (i32.const 2070))
