(module
  (func (param i32) (result i32)
	local.get 0
	f32.const 1 i32.add))
