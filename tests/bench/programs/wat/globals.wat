;; A loop whose counter and sum are mutable globals.
(module
  (global $left (mut i32) (i32.const 0))
  (global $sum (mut i64) (i64.const 0))
  (func (export "run") (param $n i32) (result i64)
    (global.set $left (local.get $n))
    (global.set $sum (i64.const 0))
    (loop $next
      (global.set $sum
        (i64.add (global.get $sum) (i64.extend_i32_u (i32.and (global.get $left) (i32.const 255)))))
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (br_if $next (global.get $left)))
    (global.get $sum)))
