;; Builds complete binary trees and counts their nodes: many short-lived objects, beside a tree that stays.
(module
  (type $node (struct (field (ref null $node)) (field (ref null $node))))

  (func $bottom_up (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (i32.eqz (local.get $depth))
      (then (struct.new_default $node))
      (else
        (struct.new $node
          (call $bottom_up (i32.sub (local.get $depth) (i32.const 1)))
          (call $bottom_up (i32.sub (local.get $depth) (i32.const 1)))))))

  (func $count (param $tree (ref null $node)) (result i32)
    (local $left (ref null $node))
    (if (ref.is_null (local.tee $left (struct.get $node 0 (local.get $tree))))
      (then (return (i32.const 1))))
    (i32.add
      (i32.add (call $count (local.get $left)) (call $count (struct.get $node 1 (local.get $tree))))
      (i32.const 1)))

  ;; One tree of depth n that stays, and 2^(n - d + 4) trees of each depth d from 4 on that do not: about n * 2^(n + 4)
  ;; nodes in all, which is what comes back.
  (func (export "run") (param $n i32) (result i64)
    (local $long (ref null $node)) (local $depth i32) (local $left i32) (local $sum i64)
    (local.set $long (call $bottom_up (local.get $n)))
    (local.set $depth (i32.const 4))
    (loop $depths
      (if (i32.le_s (local.get $depth) (local.get $n))
        (then
          (local.set $left
            (i32.shl (i32.const 1) (i32.add (i32.sub (local.get $n) (local.get $depth)) (i32.const 4))))
          (loop $trees
            (local.set $sum
              (i64.add (local.get $sum) (i64.extend_i32_u (call $count (call $bottom_up (local.get $depth))))))
            (br_if $trees (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
          (local.set $depth (i32.add (local.get $depth) (i32.const 2)))
          (br $depths))))
    (i64.add (local.get $sum) (i64.extend_i32_u (call $count (local.get $long))))))
