;; Four small operations called through a table, chosen by the numbers themselves.
(module
  (type $op (func (param i32 i32) (result i32)))
  (table 4 4 funcref)
  (elem (i32.const 0) func $add $sub $mul $xor)
  (func $add (type $op) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $op) (i32.sub (local.get 0) (local.get 1)))
  (func $mul (type $op) (i32.mul (local.get 0) (i32.or (local.get 1) (i32.const 1))))
  (func $xor (type $op) (i32.xor (local.get 0) (i32.rotl (local.get 1) (i32.const 5))))

  (func (export "run") (param $n i32) (result i64)
    (local $x i32)
    (local.set $x (i32.const 12345))
    (loop $next
      (local.set $x
        (call_indirect (type $op)
          (local.get $x)
          (local.get $n)
          (i32.and (i32.shr_u (local.get $x) (i32.const 3)) (i32.const 3))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.extend_i32_u (local.get $x))))
