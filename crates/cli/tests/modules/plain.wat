(module (func $a))
