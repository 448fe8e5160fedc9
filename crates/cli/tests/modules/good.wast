(module (func (export "f")))
(invoke "f")
