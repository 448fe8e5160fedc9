(module (memory 1)
  (func $f (param $n i32) (result i32) (i32.load (local.get $n)))
  (func (export "_start") (drop (call $f (i32.const -1)))))
