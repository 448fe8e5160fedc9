;; Is n even? Two functions that hand on to each other with `return_call`, and a third step through a table.
(module
  (type $step (func (param i32 i64) (result i64)))
  (table 1 1 funcref)
  (elem (i32.const 0) func $third)

  (func $even (type $step) (param $n i32) (param $sum i64) (result i64)
    (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))
    (return_call $odd
      (i32.sub (local.get $n) (i32.const 1))
      (i64.add (local.get $sum) (i64.extend_i32_s (local.get $n)))))

  (func $odd (type $step) (param $n i32) (param $sum i64) (result i64)
    (if (i32.eqz (local.get $n)) (then (return (i64.xor (local.get $sum) (i64.const -1)))))
    (if (i32.eqz (i32.and (local.get $n) (i32.const 7)))
      (then (return_call_indirect (type $step) (local.get $n) (local.get $sum) (i32.const 0))))
    (return_call $even
      (i32.sub (local.get $n) (i32.const 1))
      (i64.xor (local.get $sum) (i64.const 0x5DEECE66D))))

  (func $third (type $step) (param $n i32) (param $sum i64) (result i64)
    (return_call $even
      (i32.sub (local.get $n) (i32.const 1))
      (i64.mul (local.get $sum) (i64.const 3))))

  (func (export "run") (param $n i32) (result i64)
    (call $even (local.get $n) (i64.const 0))))
