(module
  (func (reslt i32) i32.const 1))
