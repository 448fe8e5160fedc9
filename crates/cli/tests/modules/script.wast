(module (func (export "f") (param i32) (result i32) (i32.div_u (i32.const 6) (local.get 0))))
(assert_return (invoke "f" (i32.const 2)) (i32.const 3))
(assert_return (invoke "f" (i32.const 3)) (i32.const 3))
(assert_trap (invoke "f" (i32.const 0)) "integer divide by zero")
