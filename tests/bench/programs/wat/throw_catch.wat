;; Throws in every round of a loop, through two functions, and catches what was thrown.
(module
  (tag $value (param i64))

  (func $throw (param $x i64)
    (throw $value (i64.add (i64.mul (local.get $x) (i64.const 5)) (i64.const 3))))

  (func $through (param $x i64) (result i64)
    (call $throw (local.get $x))
    (i64.const 0))

  (func (export "run") (param $n i32) (result i64)
    (local $x i64)
    (loop $next
      (block $caught (result i64)
        (try_table (catch $value $caught) (drop (call $through (local.get $x))))
        (unreachable))
      (local.set $x)
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
