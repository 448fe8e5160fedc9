;; Calls between guest and host. Not a kernel: the tables "host calls" and "instances" use it.
(module
  (import "env" "host" (func $host (param i32) (result i32)))
  (memory (export "memory") 1)

  ;; Calls the host n times, each with the result before.
  (func (export "run") (param $n i32) (result i64)
    (local $x i32)
    (loop $next
      (local.set $x (call $host (local.get $x)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.extend_i32_s (local.get $x)))

  (func (export "step") (param $x i32) (result i32)
    (i32.add (i32.mul (local.get $x) (i32.const 5)) (i32.const 1))))
