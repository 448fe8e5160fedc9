(module
  (func (result i64)
    (drop (v128.const i64x2 1 2))
    (i64.const 1)))
