(module
  (func $open
