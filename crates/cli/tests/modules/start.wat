(module
  (global $n (mut i32) (i32.const 0))
  (func $main (global.set $n (i32.const 1)))
  (start $main)
  (func (export "n") (result i32) (global.get $n)))
