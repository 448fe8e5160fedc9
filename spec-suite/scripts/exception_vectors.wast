;; Vectors as payload: two words each, in handlers of both kinds.

(module
  (tag $v (param v128 i32 v128))
  (tag $one (param v128))
  (func (export "vectors") (param v128 v128) (result v128 i32 v128)
    (block $h (result v128 i32 v128)
      (try_table (catch $v $h)
        (i32.const 1)
        (throw $v (i32x4.add (local.get 0) (local.get 1)) (i32.const 5) (local.get 1)))
      (unreachable)))
  (func (export "with-reference") (param v128 v128) (result v128 i32 v128) (local exnref)
    (block $h (result v128 i32 v128 exnref)
      (try_table (catch_ref $v $h)
        (throw $v (local.get 0) (i32.const 6) (local.get 1)))
      (unreachable))
    (local.set 2)
    (drop) (drop) (drop)
    (block $again (result v128 i32 v128)
      (try_table (catch $v $again) (throw_ref (local.get 2)))
      (unreachable)))
  (func (export "legacy") (param v128 i32) (result i64 v128 i32)
    i64.const 77
    try (result v128 i32)
      local.get 1
      if
        local.get 0
        throw $one
      end
      v128.const i64x2 1 2
      i32.const 3
    catch $one
      i32.const 4
    end)
  (func (export "legacy-rethrow") (param v128) (result v128)
    try (result v128)
      try (result v128)
        local.get 0
        throw $one
      catch $one
        local.get 0
        i32x4.add
        drop
        rethrow 0
      end
    catch $one
      local.get 0
      i32x4.add
    end)
  ;; A vector local, changed in the protected code.
  (func $throw (throw $one (v128.const i64x2 0 0)))
  (func (export "local") (param v128) (result v128) (local v128)
    (block $h
      (try_table (catch_all $h)
        (local.set 1 (i32x4.add (local.get 0) (local.get 0)))
        (i32x4.add (local.get 1) (local.get 0))
        (call $throw)
        (local.set 1)))
    (local.get 1))
)
(assert_return (invoke "vectors" (v128.const i32x4 1 2 3 4) (v128.const i32x4 10 20 30 40))
  (v128.const i32x4 11 22 33 44) (i32.const 5) (v128.const i32x4 10 20 30 40))
(assert_return (invoke "with-reference" (v128.const i32x4 1 2 3 4) (v128.const i32x4 10 20 30 40))
  (v128.const i32x4 1 2 3 4) (i32.const 6) (v128.const i32x4 10 20 30 40))
(assert_return (invoke "legacy" (v128.const i32x4 1 2 3 4) (i32.const 0))
  (i64.const 77) (v128.const i64x2 1 2) (i32.const 3))
(assert_return (invoke "legacy" (v128.const i32x4 1 2 3 4) (i32.const 1))
  (i64.const 77) (v128.const i32x4 1 2 3 4) (i32.const 4))
(assert_return (invoke "legacy-rethrow" (v128.const i32x4 1 2 3 4)) (v128.const i32x4 2 4 6 8))
(assert_return (invoke "local" (v128.const i32x4 1 2 3 4)) (v128.const i32x4 2 4 6 8))
