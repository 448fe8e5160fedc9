;; A loop that carries its state in block parameters, not in locals.
(module
  (func (export "run") (param $n i32) (result i64)
    (i64.const 1)
    (local.get $n)
    (loop $next (param i64 i32) (result i64)
      (local.set $n)                                  ;; [x]
      (i64.const 0x5851F42D4C957F2D)
      (i64.mul)                                       ;; [x * k]
      (local.get $n)
      (i64.extend_i32_u)
      (i64.add)                                       ;; [x * k + n]
      (i32.sub (local.get $n) (i32.const 1))          ;; [x', n - 1]
      (br_if $next (i32.ne (local.get $n) (i32.const 1)))
      (drop))))
