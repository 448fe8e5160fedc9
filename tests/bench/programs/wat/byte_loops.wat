;; Fill, copy, reverse and add up 4096 bytes one by one; n rounds.
(module
  (memory 1 1)
  (func $fill (param $at i32) (param $byte i32) (param $size i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $size)))
    (loop $next
      (i32.store8 (local.get $at) (local.get $byte))
      (local.set $byte (i32.add (local.get $byte) (i32.const 7)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))

  (func $copy (param $to i32) (param $from i32) (param $size i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $size)))
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $size (i32.sub (local.get $size) (i32.const 1)))
        (br $next))))

  (func $reverse (param $low i32) (param $high i32)
    (local $kept i32)
    (loop $next
      (local.set $high (i32.sub (local.get $high) (i32.const 1)))
      (local.set $kept (i32.load8_u (local.get $low)))
      (i32.store8 (local.get $low) (i32.load8_u (local.get $high)))
      (i32.store8 (local.get $high) (local.get $kept))
      (local.set $low (i32.add (local.get $low) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $low) (local.get $high)))))

  (func $sum (param $at i32) (param $size i32) (result i64)
    (local $sum i64)
    (loop $next
      (local.set $sum
        (i64.add
          (i64.mul (local.get $sum) (i64.const 31))
          (i64.load8_s (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (local.tee $size (i32.sub (local.get $size) (i32.const 1)))))
    (local.get $sum))

  (func (export "run") (param $n i32) (result i64)
    (local $total i64)
    (loop $round
      (call $fill (i32.const 0) (local.get $n) (i32.const 4096))
      (call $copy (i32.const 8192) (i32.const 0) (i32.const 4096))
      (call $reverse (i32.const 8192) (i32.const 12288))
      (local.set $total
        (i64.xor (local.get $total) (call $sum (i32.const 8192) (i32.const 4096))))
      (br_if $round (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $total)))
