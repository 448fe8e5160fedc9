;; Exceptions: what handlers see of locals and of the stack, payloads of every kind, identity, and the ways in which an
;; exception leaves a function.

;; Locals changed in the protected code are seen by the handler, and values below the block survive.

(module
  (tag $e)
  (tag $i (param i32))
  (tag $many (param i32 i64 f32 f64 i32))

  (func $nothing)
  (func $throw (throw $e))
  (func $throw_if (param i32) (if (local.get 0) (then (throw $e))))
  (func $same (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $e)))
    (local.get 0))

  (func (export "set-before-throw") (result i32) (local i32)
    (block $h
      (try_table (catch $e $h)
        (local.set 0 (i32.const 1))
        (call $throw)
        (local.set 0 (i32.const 2))))
    (local.get 0))

  ;; The sum is computed before the call, and assigned only behind it.
  (func (export "set-after-throw") (param i32) (result i32) (local i32)
    (local.set 1 (i32.const 100))
    (block $h
      (try_table (catch $e $h)
        (i32.add (local.get 0) (i32.const 1))
        (call $throw)
        (local.set 1)))
    (local.get 1))

  (func (export "set-after-call") (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.const 100))
    (block $h
      (try_table (catch $e $h)
        (i32.mul (local.get 0) (i32.const 3))
        (call $throw_if (local.get 1))
        (local.set 2)
        (local.set 2 (i32.add (local.get 2) (i32.const 1)))
        (call $throw_if (local.get 1))))
    (local.get 2))

  ;; An old value of a local waits on the stack while the local changes.
  (func (export "old-value") (param i32) (result i32)
    (local.get 0)
    (block $h
      (try_table (catch $e $h)
        (local.set 0 (i32.const 7))
        (call $throw)))
    (i32.mul (i32.const 10))
    (local.get 0)
    (i32.add))

  (func (export "values-below") (param i32 i64 f32 f64) (result i32 i64 f32 f64 i32)
    (i32.add (local.get 0) (i32.const 1))
    (i64.add (local.get 1) (i64.const 1))
    (f32.add (local.get 2) (f32.const 1))
    (f64.add (local.get 3) (f64.const 1))
    (block $h (result i32)
      (try_table (catch $i $h)
        (i32.const 1) (i32.const 2) (i32.const 3)
        (throw $i (i32.const 42)))
      (unreachable)))

  ;; A counter that is stepped between calls that may throw.
  (func (export "steps") (param $stop i32) (result i32) (local $i i32)
    (block $h
      (try_table (catch $e $h)
        (loop $l
          (call $throw_if (i32.eq (local.get $i) (local.get $stop)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 10))))))
    (local.get $i))

  ;; A local that no path has written yet where the handler reads it.
  (func (export "unwritten") (result i64) (local i64)
    (block $h
      (try_table (catch_all $h)
        (call $throw)
        (local.set 0 (i64.const 5))))
    (local.get 0))

  ;; The result of one call is an argument of the one that throws.
  (func (export "nested-calls") (param i32) (result i32) (local i32)
    (local.set 1 (i32.const -1))
    (block $h
      (try_table (catch $e $h)
        (local.set 1 (call $same (i32.const 3)))
        (local.set 1 (i32.add (call $same (local.get 1)) (call $same (local.get 0))))))
    (local.get 1))

  (func (export "many") (param i32) (result i32 i64 f32 f64 i32)
    (block $h (result i32 i64 f32 f64 i32)
      (try_table (catch $many $h)
        (throw $many (local.get 0) (i64.const -2) (f32.const 3.5) (f64.const -4.25) (i32.mul (local.get 0) (i32.const 5))))
      (unreachable)))

  ;; The label of the clause is further down than the block: what the exception carries goes there.
  (func (export "far-label") (result i32)
    (block $h (result i32)
      (i32.const 1)
      (i32.const 2)
      (block
        (i32.const 3)
        (try_table (catch $i $h) (throw $i (i32.const 9)))
        (drop))
      (drop) (drop)
      (i32.const 0)))

  ;; The label of the clause is the function's.
  (func (export "to-function") (param i32) (result i32)
    (try_table (catch $i 0) (if (local.get 0) (then (throw $i (local.get 0)))))
    (i32.const -1))
  (func (export "to-function-many") (result i32 i64 f32 f64 i32)
    (i32.const 1)
    (try_table (catch $many 0)
      (throw $many (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5)))
    (unreachable))

  ;; The label of the clause is a loop's: it is begun again.
  (func (export "to-loop") (param i32) (result i32)
    (loop $l (result i32)
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (try_table (result i32) (catch $e $l)
        (call $throw_if (i32.lt_u (local.get 0) (i32.const 10)))
        (local.get 0))))
  (func (export "to-loop-with-value") (result i32)
    (i32.const 0)
    (loop $l (param i32) (result i32)
      (try_table (param i32) (result i32) (catch $i $l)
        (i32.add (i32.const 3))
        (if (param i32) (result i32) (i32.lt_u (call $dup) (i32.const 20))
          (then (throw $i)))))
  )
  (global $dup (mut i32) (i32.const 0))
  (func $dup (param i32) (result i32 i32) (local.get 0) (local.get 0))

  ;; A try_table with parameters and results, that ends in the usual way.
  (func (export "falls-through") (param i32 i32) (result i32 i32)
    (block $h
      (local.get 0)
      (local.get 1)
      (try_table (param i32 i32) (result i32 i32) (catch_all $h)
        (call $nothing)
        (i32.sub)
        (call $same (i32.const 8)))
      (return))
    (unreachable))

  ;; Branches out of a try_table, and into its end.
  (func (export "branches") (param i32) (result i32)
    (block $out (result i32)
      (block $h
        (try_table $t (result i32) (catch_all $h)
          (drop (br_if $out (i32.const 1) (i32.eq (local.get 0) (i32.const 1))))
          (drop (br_if $t (i32.const 2) (i32.eq (local.get 0) (i32.const 2))))
          (if (i32.eq (local.get 0) (i32.const 3)) (then (return (i32.const 3))))
          (call $throw_if (i32.eq (local.get 0) (i32.const 4)))
          (i32.const 5))
        (br $out (i32.add (i32.const 100))))
      (i32.const 4)))

  ;; The first clause that fits, innermost first; clauses do not protect themselves or each other's targets.
  (func (export "order") (param i32) (result i32)
    (block $all
      (block $outer-i (result i32)
        (try_table (catch $i $outer-i) (catch_all $all)
          (block $inner-e
            (block $inner-many (result i32 i64 f32 f64 i32)
              (try_table (catch $e $inner-e) (catch $many $inner-many) (catch $e $all)
                (if (i32.eq (local.get 0) (i32.const 0)) (then (throw $e)))
                (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $i (i32.const 10))))
                (throw $many (i32.const 1) (i64.const 1) (f32.const 1) (f64.const 1) (i32.const 1)))
              (unreachable))
            (return (i32.const 30)))
          ;; Protected by the outer one alone.
          (throw $i (i32.const 20)))
        (unreachable))
      (return))
    (i32.const 40))

  (func (export "after-the-block") (result i32)
    (block $h
      (try_table (catch_all $h))
      (throw $i (i32.const 3)))
    (i32.const 1))
  (func (export "empty-and-nested") (result i32)
    (block $a
      (try_table (catch_all $a)
        (block $b (try_table (catch_all $b)))
        (try_table)
        (call $throw))
      (return (i32.const 0)))
    (i32.const 1))
)

(assert_return (invoke "set-before-throw") (i32.const 1))
(assert_return (invoke "set-after-throw" (i32.const 5)) (i32.const 100))
(assert_return (invoke "set-after-call" (i32.const 5) (i32.const 0)) (i32.const 16))
(assert_return (invoke "set-after-call" (i32.const 5) (i32.const 1)) (i32.const 100))
(assert_return (invoke "old-value" (i32.const 4)) (i32.const 47))
(assert_return (invoke "values-below" (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))
  (i32.const 2) (i64.const 3) (f32.const 4) (f64.const 5) (i32.const 42))
(assert_return (invoke "steps" (i32.const 0)) (i32.const 0))
(assert_return (invoke "steps" (i32.const 6)) (i32.const 6))
(assert_return (invoke "steps" (i32.const 60)) (i32.const 10))
(assert_return (invoke "unwritten") (i64.const 0))
(assert_return (invoke "nested-calls" (i32.const 4)) (i32.const 7))
(assert_return (invoke "nested-calls" (i32.const 0)) (i32.const 3))
(assert_return (invoke "many" (i32.const 2))
  (i32.const 2) (i64.const -2) (f32.const 3.5) (f64.const -4.25) (i32.const 10))
(assert_return (invoke "far-label") (i32.const 9))
(assert_return (invoke "to-function" (i32.const 6)) (i32.const 6))
(assert_return (invoke "to-function" (i32.const 0)) (i32.const -1))
(assert_return (invoke "to-function-many")
  (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5))
(assert_return (invoke "to-loop" (i32.const 0)) (i32.const 10))
(assert_return (invoke "to-loop-with-value") (i32.const 21))
(assert_return (invoke "falls-through" (i32.const 9) (i32.const 4)) (i32.const 5) (i32.const 8))
(assert_return (invoke "branches" (i32.const 1)) (i32.const 1))
(assert_return (invoke "branches" (i32.const 2)) (i32.const 102))
(assert_return (invoke "branches" (i32.const 3)) (i32.const 3))
(assert_return (invoke "branches" (i32.const 4)) (i32.const 4))
(assert_return (invoke "branches" (i32.const 5)) (i32.const 105))
(assert_return (invoke "order" (i32.const 0)) (i32.const 20))
(assert_return (invoke "order" (i32.const 1)) (i32.const 10))
(assert_return (invoke "order" (i32.const 2)) (i32.const 30))
(assert_exception (invoke "after-the-block"))
(assert_return (invoke "empty-and-nested") (i32.const 1))

;; References to exceptions: their identity, where they can be kept, and null.

(module
  (tag $i (param i32))
  (tag $nested (param exnref))
  (global $kept (mut exnref) (ref.null exn))
  (table $table 2 exnref)
  (func $throw (param i32) (throw $i (local.get 0)))

  (func $catch (param i32) (result exnref)
    (block $h (result exnref)
      (try_table (catch_all_ref $h) (call $throw (local.get 0)))
      (unreachable)))

  (func (export "rethrow") (param i32) (result i32) (local exnref)
    (local.set 1 (call $catch (local.get 0)))
    (block $h (result i32)
      (try_table (catch $i $h) (throw_ref (local.get 1)))
      (unreachable)))

  (func (export "catch-ref") (param i32) (result i32)
    (block $again (result i32)
      (try_table (catch $i $again)
        (block $h (result i32 exnref)
          (try_table (catch_ref $i $h) (call $throw (local.get 0)))
          (unreachable))
        (throw_ref))
      (unreachable)))

  (func (export "through-global") (param i32) (result i32)
    (global.set $kept (call $catch (local.get 0)))
    (drop (call $catch (i32.const 99)))
    (block $h (result i32)
      (try_table (catch $i $h) (throw_ref (global.get $kept)))
      (unreachable)))

  (func (export "through-table") (param i32) (result i32)
    (table.set $table (i32.const 1) (call $catch (local.get 0)))
    (table.set $table (i32.const 0) (call $catch (i32.add (local.get 0) (i32.const 1))))
    (block $h (result i32)
      (try_table (catch $i $h) (throw_ref (table.get $table (i32.const 1))))
      (unreachable)))

  (func (export "carried") (param i32) (result i32)
    (block $i (result i32)
      (try_table (catch $i $i)
        (block $nested (result exnref)
          (try_table (catch $nested $nested) (throw $nested (call $catch (local.get 0))))
          (unreachable))
        (throw_ref))
      (unreachable)))

  (func (export "is-null") (result i32 i32)
    (ref.is_null (global.get $kept))
    (ref.is_null (call $catch (i32.const 1))))

  (func (export "throw-null") (throw_ref (ref.null exn)))
  (func (export "throw-null-protected") (block $h (try_table (catch_all $h) (throw_ref (ref.null exn)))))
  (func (export "throw-unset") (throw_ref (table.get $table (i32.const 0))))
  (func (export "give") (result exnref) (ref.null exn))
  (func (export "take") (param exnref) (result i32) (ref.is_null (local.get 0)))
)

(assert_return (invoke "is-null") (i32.const 1) (i32.const 0))
(assert_trap (invoke "throw-unset") "null exception reference")
(assert_return (invoke "rethrow" (i32.const 5)) (i32.const 5))
(assert_return (invoke "catch-ref" (i32.const 6)) (i32.const 6))
(assert_return (invoke "through-global" (i32.const 7)) (i32.const 7))
(assert_return (invoke "through-table" (i32.const 8)) (i32.const 8))
(assert_return (invoke "carried" (i32.const 9)) (i32.const 9))
(assert_trap (invoke "throw-null") "null exception reference")
(assert_trap (invoke "throw-null-protected") "null exception reference")
(assert_return (invoke "give") (ref.null exn))
(assert_return (invoke "take" (ref.null exn)) (i32.const 1))

;; Traps are no exceptions.

(module
  (func $deep (call $deep))
  (table 1 funcref)
  (func (export "unreachable") (block $h (try_table (catch_all $h) (unreachable))))
  (func (export "divide") (result i32)
    (block $h (try_table (result i32) (catch_all $h) (i32.div_u (i32.const 1) (i32.const 0))) (return)) (i32.const 0))
  (func (export "no-function") (block $h (try_table (catch_all $h) (call_indirect (i32.const 0)))))
  (func (export "deep") (block $h (try_table (catch_all $h) (call $deep))))
)
(assert_trap (invoke "unreachable") "unreachable")
(assert_trap (invoke "divide") "integer divide by zero")
(assert_trap (invoke "no-function") "uninitialized element")
(assert_exhaustion (invoke "deep") "call stack exhausted")

;; Tail calls leave the handlers of their function.

(module
  (type $thrower (func (param i32)))
  (tag $i (param i32))
  (table funcref (elem $throw))
  (func $throw (param i32) (throw $i (local.get 0)))
  (func $tail (param i32) (block $h (result i32) (try_table (catch $i $h) (return_call $throw (local.get 0))) (return)) (unreachable))
  (func $tail-indirect (param i32)
    (block $h (result i32)
      (try_table (catch $i $h) (return_call_indirect (type $thrower) (local.get 0) (i32.const 0)))
      (return))
    (unreachable))
  (func $many-tails (param i32 i32)
    (if (i32.eqz (local.get 0)) (then (return_call $throw (local.get 1))))
    (return_call $fewer (local.get 0) (local.get 1) (i64.const 0)))
  (func $fewer (param i32 i32 i64)
    (return_call $many-tails (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
  (func (export "direct") (result i32)
    (block $h (result i32) (try_table (catch $i $h) (call $tail (i32.const 3))) (unreachable)))
  (func (export "indirect") (result i32)
    (block $h (result i32) (try_table (catch $i $h) (call $tail-indirect (i32.const 4))) (unreachable)))
  (func (export "many") (result i32)
    (block $h (result i32) (try_table (catch $i $h) (call $many-tails (i32.const 100000) (i32.const 5))) (unreachable)))
  (func (export "uncaught") (return_call $tail (i32.const 6)))
)
(assert_return (invoke "direct") (i32.const 3))
(assert_return (invoke "indirect") (i32.const 4))
(assert_return (invoke "many") (i32.const 5))
(assert_exception (invoke "uncaught"))

;; Deep frames, and often.

(module
  (tag $i (param i32))
  (func $deep (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $i (i32.const 77))))
    (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
  (func $deep-through (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $i (i32.const 78))))
    (block $h (result exnref)
      (try_table (catch_all_ref $h) (call $deep-through (i32.sub (local.get 0) (i32.const 1))))
      (return))
    (throw_ref))
  (func (export "deep") (result i32)
    (block $h (result i32) (try_table (catch $i $h) (drop (call $deep (i32.const 10000)))) (unreachable)))
  (func (export "deep-through") (result i32)
    (block $h (result i32) (try_table (catch $i $h) (call $deep-through (i32.const 10000))) (unreachable)))
  (func $throw (param i32) (throw $i (local.get 0)))
  (func (export "often") (param i32) (result i64) (local $sum i64) (local $x i32)
    (loop $l
      (block $h (result i32)
        (try_table (catch $i $h) (call $throw (local.get 0)))
        (unreachable))
      (local.set $x)
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $x))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum))
  (func (export "often-uncaught") (param i32) (throw $i (local.get 0)))
)
(assert_return (invoke "deep") (i32.const 77))
(assert_return (invoke "deep-through") (i32.const 78))
(assert_return (invoke "often" (i32.const 1000000)) (i64.const 500000500000))
(assert_exception (invoke "often-uncaught" (i32.const 1)))
;; The stack is as it was.
(assert_return (invoke "deep") (i32.const 77))

;; In the start function.

(assert_exception (module (tag $e) (func $start (throw $e)) (start $start)))
(module
  (tag $e)
  (global (export "g") (mut i32) (i32.const 0))
  (func $throw (throw $e))
  (func $start
    (block $h (try_table (catch_all $h) (call $throw)) (return))
    (global.set 0 (i32.const 1)))
  (start $start))
(assert_return (get "g") (i32.const 1))
