(module $lib
  (func $half (export "half") (param $n i32) (result i32)
    (if (i32.and (local.get $n) (i32.const 1)) (then unreachable))
    (i32.div_s (local.get $n) (i32.const 2))))
