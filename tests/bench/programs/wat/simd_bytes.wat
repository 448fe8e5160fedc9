;; What 64 KiB of bytes are: how many are line feeds, how many are letters, their sum, and a hash of them with the
;; letters in upper case; n rounds, 16 bytes at a time.
(module
  (memory 1 1)
  (func $fill
    (local $at i32) (local $x i32)
    (local.set $x (i32.const 12345))
    (loop $next
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.const 12345)))
      (i32.store8 (local.get $at) (i32.and (i32.shr_u (local.get $x) (i32.const 16)) (i32.const 127)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 65536)))))

  (func (export "run") (param $n i32) (result i64)
    (local $at i32) (local $v v128) (local $letters v128) (local $lines i32) (local $count i32)
    (local $sum v128) (local $hash v128)
    (call $fill)
    (loop $round
      (local.set $at (i32.const 0))
      (loop $next
        (local.set $v (v128.load (local.get $at)))
        (local.set $lines
          (i32.add
            (local.get $lines)
            (i32.popcnt
              (i8x16.bitmask
                (i8x16.eq (local.get $v) (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))))))
        (local.set $letters
          (i8x16.lt_u
            (i8x16.sub
              (v128.or (local.get $v) (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
              (v128.const i8x16 97 97 97 97 97 97 97 97 97 97 97 97 97 97 97 97))
            (v128.const i8x16 26 26 26 26 26 26 26 26 26 26 26 26 26 26 26 26)))
        (local.set $count (i32.add (local.get $count) (i32.popcnt (i8x16.bitmask (local.get $letters)))))
        (local.set $sum
          (i32x4.add
            (local.get $sum)
            (i32x4.extadd_pairwise_i16x8_u (i16x8.extadd_pairwise_i8x16_u (local.get $v)))))
        (local.set $v
          (v128.andnot
            (local.get $v)
            (v128.and
              (local.get $letters)
              (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))))
        (local.set $hash
          (i32x4.add
            (v128.xor (i32x4.shl (local.get $hash) (i32.const 5)) (i32x4.shr_u (local.get $hash) (i32.const 27)))
            (local.get $v)))
        (local.set $hash
          (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 0 1 2 3 (local.get $hash) (local.get $hash)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const 65536))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $round (local.get $n)))
    (local.set $hash (v128.xor (local.get $hash) (local.get $sum)))
    (i64.add
      (i64.xor (i64x2.extract_lane 0 (local.get $hash)) (i64x2.extract_lane 1 (local.get $hash)))
      (i64.add (i64.extend_i32_u (local.get $lines)) (i64.shl (i64.extend_i32_u (local.get $count)) (i64.const 20))))))
