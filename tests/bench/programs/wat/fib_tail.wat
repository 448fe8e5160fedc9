;; Fibonacci numbers modulo 2^64 with an accumulator: a loop written as a tail call to itself.
(module
  (func $fib (param $n i32) (param $a i64) (param $b i64) (result i64)
    (if (i32.eqz (local.get $n)) (then (return (local.get $a))))
    (return_call $fib
      (i32.sub (local.get $n) (i32.const 1))
      (local.get $b)
      (i64.add (local.get $a) (local.get $b))))

  (func (export "run") (param $n i32) (result i64)
    (call $fib (local.get $n) (i64.const 0) (i64.const 1))))
