;; Multiplies matrices of 64 by 64 f32s, four columns at a time; n products.
(module
  (memory 1 1)
  (func $fill (param $at i32) (param $x i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (i32.const 16384)))
    (loop $next
      (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.const 12345)))
      (f32.store
        (local.get $at)
        (f32.mul
          (f32.convert_i32_s (i32.shr_s (local.get $x) (i32.const 16)))
          (f32.const 0x1p-18)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end)))))

  ;; c = a * b, whose rows have 256 bytes.
  (func $product (param $a i32) (param $b i32) (param $c i32)
    (local $row i32) (local $column i32) (local $x i32) (local $y i32) (local $end i32) (local $sum v128)
    (local $more v128)
    (loop $rows
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $x (i32.add (local.get $a) (local.get $row)))
        (local.set $end (i32.add (local.get $x) (i32.const 256)))
        (local.set $y (i32.add (local.get $b) (local.get $column)))
        (local.set $sum (v128.const f32x4 0 0 0 0))
        (local.set $more (v128.const f32x4 0 0 0 0))
        (loop $terms
          (local.set $sum
            (f32x4.add
              (local.get $sum)
              (f32x4.mul (v128.load32_splat (local.get $x)) (v128.load (local.get $y)))))
          (local.set $more
            (f32x4.add
              (local.get $more)
              (f32x4.mul (v128.load32_splat (local.get $x)) (v128.load offset=16 (local.get $y)))))
          (local.set $y (i32.add (local.get $y) (i32.const 256)))
          (local.set $x (i32.add (local.get $x) (i32.const 4)))
          (br_if $terms (i32.lt_u (local.get $x) (local.get $end))))
        (v128.store (i32.add (i32.add (local.get $c) (local.get $row)) (local.get $column)) (local.get $sum))
        (v128.store offset=16
          (i32.add (i32.add (local.get $c) (local.get $row)) (local.get $column))
          (local.get $more))
        (local.set $column (i32.add (local.get $column) (i32.const 32)))
        (br_if $columns (i32.lt_u (local.get $column) (i32.const 256))))
      (local.set $row (i32.add (local.get $row) (i32.const 256)))
      (br_if $rows (i32.lt_u (local.get $row) (i32.const 16384)))))

  (func (export "run") (param $n i32) (result i64)
    (local $at i32) (local $sum v128)
    (call $fill (i32.const 0) (i32.const 1))
    (call $fill (i32.const 16384) (i32.const 2))
    (loop $round
      (call $product (i32.const 0) (i32.const 16384) (i32.const 32768))
      (f32.store (i32.const 0) (f32.mul (f32.load (i32.const 32768)) (f32.const 0x1p-10)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $round (local.get $n)))
    (local.set $at (i32.const 32768))
    (loop $next
      (local.set $sum
        (i32x4.add (i32x4.mul (local.get $sum) (i32x4.splat (i32.const 31))) (v128.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 49152))))
    (i64.xor (i64x2.extract_lane 0 (local.get $sum)) (i64x2.extract_lane 1 (local.get $sum)))))
