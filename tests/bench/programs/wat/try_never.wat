;; A try_table in a hot loop, around a call and arithmetic, in which nothing is ever thrown.
(module
  (tag $odd (param i64))

  (func $step (param $x i64) (result i64)
    (if (i64.eq (local.get $x) (i64.const -1)) (then (throw $odd (local.get $x))))
    (i64.add (i64.mul (local.get $x) (i64.const 5)) (i64.const 3)))

  (func (export "run") (param $n i32) (result i64)
    (local $x i64)
    (block $caught (result i64)
      (loop $next
        (try_table (catch $odd $caught)
          (local.set $x (i64.and (call $step (local.get $x)) (i64.const 0xffffffff))))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $x))))
