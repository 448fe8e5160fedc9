;; `memory.fill` and `memory.copy` on a few sizes, small ones mostly; n rounds.
(module
  (memory 4 4)
  (func (export "run") (param $n i32) (result i64)
    (local $size i32) (local $sum i64)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 131072))
    (loop $round
      (local.set $size (i32.const 8))
      (loop $sizes
        (memory.fill (i32.const 1024) (local.get $n) (local.get $size))
        (memory.copy (i32.const 70000) (i32.const 1000) (local.get $size))
        (memory.copy (i32.const 70003) (i32.const 70000) (local.get $size))
        (local.set $sum
          (i64.add
            (i64.rotl (local.get $sum) (i64.const 5))
            (i64.load (i32.add (i32.const 70000) (i32.and (local.get $n) (i32.const 63))))))
        (local.set $size (i32.shl (local.get $size) (i32.const 1)))
        (br_if $sizes (i32.lt_u (local.get $size) (i32.const 8192))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $round (local.get $n)))
    (local.get $sum)))
