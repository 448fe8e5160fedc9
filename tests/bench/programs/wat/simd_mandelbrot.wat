;; The Mandelbrot set on n by n points, two at a time in f64; the sum of the steps until each leaves.
(module
  (func (export "run") (param $n i32) (result i64)
    (local $x i32) (local $y i32) (local $k i32) (local $scale v128) (local $cr v128) (local $ci v128)
    (local $zr v128) (local $zi v128) (local $rr v128) (local $ii v128) (local $inside v128) (local $steps v128)
    (local.set $scale (f64x2.splat (f64.div (f64.const 2) (f64.convert_i32_u (local.get $n)))))
    (loop $rows
      (local.set $ci
        (f64x2.sub (f64x2.mul (f64x2.splat (f64.convert_i32_u (local.get $y))) (local.get $scale))
          (v128.const f64x2 1 1)))
      (local.set $x (i32.const 0))
      (loop $points
        (local.set $cr
          (f64x2.sub
            (f64x2.mul
              (f64x2.add (f64x2.splat (f64.convert_i32_u (local.get $x))) (v128.const f64x2 0 1))
              (local.get $scale))
            (v128.const f64x2 1.5 1.5)))
        (local.set $zr (v128.const f64x2 0 0))
        (local.set $zi (v128.const f64x2 0 0))
        (local.set $k (i32.const 50))
        (block $done
          (loop $step
            (local.set $rr (f64x2.mul (local.get $zr) (local.get $zr)))
            (local.set $ii (f64x2.mul (local.get $zi) (local.get $zi)))
            (local.set $inside (f64x2.le (f64x2.add (local.get $rr) (local.get $ii)) (v128.const f64x2 4 4)))
            (br_if $done (i32.eqz (v128.any_true (local.get $inside))))
            (local.set $steps (i64x2.sub (local.get $steps) (local.get $inside)))
            (local.set $zi
              (f64x2.add
                (f64x2.mul (f64x2.add (local.get $zr) (local.get $zr)) (local.get $zi))
                (local.get $ci)))
            (local.set $zr (f64x2.add (f64x2.sub (local.get $rr) (local.get $ii)) (local.get $cr)))
            (local.set $k (i32.sub (local.get $k) (i32.const 1)))
            (br_if $step (local.get $k))))
        (local.set $x (i32.add (local.get $x) (i32.const 2)))
        (br_if $points (i32.lt_u (local.get $x) (local.get $n))))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $y) (local.get $n))))
    (i64.add (i64x2.extract_lane 0 (local.get $steps)) (i64x2.extract_lane 1 (local.get $steps)))))
