;; Exceptions as they were first shipped: try, catch, catch_all, delegate, rethrow.

(module
  (tag $e)
  (tag $i (param i32))
  (tag $other (param i32))
  (tag $many (param i32 i64 f32 f64 i32))
  (func $throw (throw $e))
  (func $throw-i (param i32) (throw $i (local.get 0)))
  (func $throw-if (param i32) (if (local.get 0) (then (throw $e))))

  (func (export "catch") (param i32) (result i32)
    try (result i32)
      (call $throw-i (local.get 0)) (i32.const 0)
    catch $i
      (i32.add (i32.const 1))
    end)

  (func (export "which") (param i32) (result i32)
    try (result i32)
      local.get 0
      i32.eqz
      if
        call $throw
      end
      local.get 0
      i32.const 1
      i32.eq
      if
        i32.const 10
        throw $i
      end
      local.get 0
      i32.const 2
      i32.eq
      if
        i32.const 20
        throw $other
      end
      i32.const 100
    catch $i
      i32.const 1
      i32.add
    catch $e
      i32.const 2
    catch $i
      i32.const 2
      i32.add
    catch_all
      i32.const 3
    end)

  (func (export "no-handlers") (param i32) (result i32)
    try (result i32)
      (call $throw-if (local.get 0)) (i32.const 5)
    end)

  (func (export "catch-all-without-value") (result i32)
    try (result i32)
      (i32.const 1) (call $throw)
    catch_all
      (i32.const 2)
    end)

  (func (export "payload") (result i32 i64 f32 f64 i32)
    try (result i32 i64 f32 f64 i32)
      i32.const 1
      i64.const 2
      f32.const 3
      f64.const 4
      i32.const 5
      throw $many
    catch $many
    end)

  (func (export "parameters") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    try (param i32 i32) (result i32)
      i32.sub
      local.get 0
      call $throw-if
    catch_all
      local.get 1
    end)

  ;; Results of handlers and of the body meet; there are values below.
  (func (export "values-below") (param i32) (result i32 i64 i32)
    i32.const 7
    i64.const 8
    try (result i32)
      local.get 0
      if
        local.get 0
        throw $i
      end
      i32.const 9
    catch $i
      i32.const 10
      i32.mul
    end)

  (func (export "several-results") (param i32) (result i32 i64 f64)
    try (result i32 i64 f64)
      local.get 0
      call $throw-if
      i32.const 1
      i64.const 2
      f64.const 3
    catch_all
      i32.const 4
      i64.const 5
      f64.const 6
    end)

  ;; Locals
  (func (export "locals") (param i32) (result i32 i32) (local i32 i32)
    try
      i32.const 1
      local.set 1
      local.get 0
      i32.const 1
      i32.add
      local.get 0
      call $throw-if
      local.set 1
      i32.const 3
      local.set 2
    catch_all
      local.get 2
      i32.const 10
      i32.add
      local.set 2
    end
    local.get 1
    local.get 2)

  ;; rethrow
  (func $rethrow (export "rethrow") (param i32)
    try
      (call $throw-i (local.get 0))
    catch $i
      (drop) (rethrow 0)
    end)
  (func (export "catch-rethrown") (param i32) (result i32)
    try (result i32)
      (call $rethrow (local.get 0)) (i32.const 0)
    catch $i
    end)
  (func $rethrow-all (param i32)
    try
      (call $throw-i (local.get 0))
    catch_all
      (rethrow 0)
    end)
  (func (export "catch-rethrown-all") (param i32) (result i32)
    try (result i32)
      (call $rethrow-all (local.get 0)) (i32.const 0)
    catch $i
    end)

  ;; From a handler in a handler: which of the two is thrown again.
  (func $nested (param i32)
    try $outer
      i32.const 1
      throw $i
    catch $i
      drop
      try $inner
        i32.const 2
        throw $i
      catch $i
        drop
        block $b
          local.get 0
          i32.eqz
          br_if $b
          rethrow $outer
        end
        rethrow $inner
      end
    end)
  (func (export "rethrow-nested") (param i32) (result i32)
    try (result i32)
      (call $nested (local.get 0)) (i32.const 0)
    catch $i
    end)
  ;; Three handlers deep, each can be thrown again.
  (func $deep (param i32)
    try $a
      i32.const 1
      throw $i
    catch_all
      try $b
        i32.const 2
        throw $i
      catch $i
        drop
        try $c
          i32.const 3
          throw $i
        catch_all
          block $z
            block $y
              block $x
                local.get 0
                br_table $x $y $z
              end
              rethrow $a
            end
            rethrow $b
          end
          rethrow $c
        end
      end
    end)
  (func (export "rethrow-deep") (param i32) (result i32)
    try (result i32)
      (call $deep (local.get 0)) (i32.const 0)
    catch $i
    end)
  ;; A handler does not protect itself, nor the other handlers.
  (func (export "throw-in-handler") (result i32)
    try (result i32)
      try (result i32)
        (call $throw) (i32.const 0)
      catch $e
        (call $throw-i (i32.const 4)) (i32.const 1)
      catch $i
        (drop) (i32.const 2)
      catch_all
        (i32.const 3)
      end
    catch $i
      (i32.add (i32.const 10))
    end)
  ;; What is rethrown in a try is caught by it.
  (func (export "rethrow-in-try") (result i32)
    try $outer (result i32)
      i32.const 6
      throw $i
    catch $i
      drop
      try (result i32)
        rethrow $outer
      catch $i
        i32.const 100
        i32.add
      end
    end)

  ;; Branches out of bodies and handlers, with values, and loops through them.
  (func (export "branches") (param i32) (result i32)
    block $out (result i32)
      try $t (result i32)
        i32.const 11
        local.get 0
        i32.const 0
        i32.eq
        br_if $out
        local.get 0
        i32.const 1
        i32.eq
        br_if $t
        drop
        local.get 0
        throw $i
      catch $i
        i32.const 2
        i32.eq
        if
          i32.const 22
          br $out
        end
        i32.const 33
        local.get 0
        i32.const 3
        i32.eq
        br_if $t
        local.get 0
        i32.const 4
        i32.eq
        br_if $out
        local.get 0
        i32.const 5
        i32.eq
        if
          i32.const 44
          return
        end
        drop
        i32.const 55
      end
      i32.const 100
      i32.add
    end)
  (func (export "loop") (param i32) (result i32) (local i32)
    loop $l
      try
        local.get 0
        call $throw-i
      catch $i
        local.get 1
        i32.add
        local.set 1
        local.get 0
        i32.const 1
        i32.sub
        local.tee 0
        br_if $l
      end
    end
    local.get 1)
  (func (export "br-table") (param i32) (result i32)
    block $a (result i32)
      block $b (result i32)
        try $t (result i32)
          call $throw
          i32.const 0
        catch_all
          i32.const 1
          local.get 0
          br_table $t $b $a
        end
        i32.const 10
        i32.add
      end
      i32.const 100
      i32.add
    end)

  ;; Code that cannot be reached.
  (func (export "unreachable-code") (result i32)
    try (result i32)
      throw $e
      try
        i32.const 1
        throw $i
      catch_all
        rethrow 0
      end
      try
        throw $e
      delegate 0
    catch $e
      block
        br 0
        try
        catch $i
          drop
          rethrow 0
        catch_all
        end
      end
      i32.const 9
    catch_all
      unreachable
    end)
  (func (export "unreachable-body") (param i32) (result i32)
    block (result i32)
      try (result i32)
        i32.const 1
        local.get 0
        br_if 1
        br 1
      catch_all
        i32.const 2
      end
    end)
  (func (export "all-leave") (result i32)
    try
      i32.const 1
      return
    catch_all
      i32.const 2
      return
    end
    i32.const 3)
)

(assert_return (invoke "catch" (i32.const 4)) (i32.const 5))
(assert_return (invoke "which" (i32.const 0)) (i32.const 2))
(assert_return (invoke "which" (i32.const 1)) (i32.const 11))
(assert_return (invoke "which" (i32.const 2)) (i32.const 3))
(assert_return (invoke "which" (i32.const 3)) (i32.const 100))
(assert_return (invoke "no-handlers" (i32.const 0)) (i32.const 5))
(assert_exception (invoke "no-handlers" (i32.const 1)))
(assert_return (invoke "catch-all-without-value") (i32.const 2))
(assert_return (invoke "payload") (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5))
(assert_return (invoke "parameters" (i32.const 0) (i32.const 3)) (i32.const -3))
(assert_return (invoke "parameters" (i32.const 1) (i32.const 3)) (i32.const 3))
(assert_return (invoke "values-below" (i32.const 0)) (i32.const 7) (i64.const 8) (i32.const 9))
(assert_return (invoke "values-below" (i32.const 5)) (i32.const 7) (i64.const 8) (i32.const 50))
(assert_return (invoke "several-results" (i32.const 0)) (i32.const 1) (i64.const 2) (f64.const 3))
(assert_return (invoke "several-results" (i32.const 1)) (i32.const 4) (i64.const 5) (f64.const 6))
(assert_return (invoke "locals" (i32.const 0)) (i32.const 1) (i32.const 3))
(assert_return (invoke "locals" (i32.const 8)) (i32.const 1) (i32.const 10))
(assert_exception (invoke "rethrow" (i32.const 1)))
(assert_return (invoke "catch-rethrown" (i32.const 8)) (i32.const 8))
(assert_return (invoke "catch-rethrown-all" (i32.const 9)) (i32.const 9))
(assert_return (invoke "rethrow-nested" (i32.const 0)) (i32.const 2))
(assert_return (invoke "rethrow-nested" (i32.const 1)) (i32.const 1))
(assert_return (invoke "rethrow-deep" (i32.const 0)) (i32.const 1))
(assert_return (invoke "rethrow-deep" (i32.const 1)) (i32.const 2))
(assert_return (invoke "rethrow-deep" (i32.const 2)) (i32.const 3))
(assert_return (invoke "throw-in-handler") (i32.const 14))
(assert_return (invoke "rethrow-in-try") (i32.const 106))
(assert_return (invoke "branches" (i32.const 0)) (i32.const 11))
(assert_return (invoke "branches" (i32.const 1)) (i32.const 111))
(assert_return (invoke "branches" (i32.const 2)) (i32.const 22))
(assert_return (invoke "branches" (i32.const 3)) (i32.const 133))
(assert_return (invoke "branches" (i32.const 4)) (i32.const 33))
(assert_return (invoke "branches" (i32.const 5)) (i32.const 44))
(assert_return (invoke "branches" (i32.const 6)) (i32.const 155))
(assert_return (invoke "loop" (i32.const 10)) (i32.const 55))
(assert_return (invoke "br-table" (i32.const 0)) (i32.const 111))
(assert_return (invoke "br-table" (i32.const 1)) (i32.const 101))
(assert_return (invoke "br-table" (i32.const 2)) (i32.const 1))
(assert_return (invoke "unreachable-code") (i32.const 9))
(assert_return (invoke "unreachable-body" (i32.const 0)) (i32.const 1))
(assert_return (invoke "all-leave") (i32.const 1))

;; delegate

(module
  (tag $e)
  (tag $i (param i32))
  (func $throw-i (param i32) (throw $i (local.get 0)))

  ;; To the next try, to one further out, out of the function.
  (func $level (export "level") (param i32) (result i32)
    try $a (result i32)
      try $b (result i32)
        try $c (result i32)
          try (result i32)
            i32.const 1
            call $throw-i
            i32.const 0
          delegate $c
        catch_all
          i32.const 30
        end
      catch_all
        i32.const 20
      end
    catch_all
      i32.const 10
    end)
  (func (export "skip-one") (result i32)
    try $a (result i32)
      try $b (result i32)
        try $c (result i32)
          try (result i32)
            i32.const 1
            call $throw-i
            i32.const 0
          delegate $b
        catch_all
          i32.const 30
        end
      catch_all
        i32.const 20
      end
    catch_all
      i32.const 10
    end)
  (func (export "skip-two") (result i32)
    try $a (result i32)
      try $b (result i32)
        try $c (result i32)
          try (result i32)
            i32.const 1
            call $throw-i
            i32.const 0
          delegate $a
        catch_all
          i32.const 30
        end
      catch_all
        i32.const 20
      end
    catch_all
      i32.const 10
    end)
  (func $out
    try $a
      try $b
        try
          i32.const 5
          call $throw-i
        delegate 2
      catch_all
      end
    catch_all
    end)
  (func (export "out-of-the-function") (result i32)
    try (result i32)
      (call $out) (i32.const 0)
    catch $i
    end)
  ;; The label is a block's: the try around it is meant.
  (func (export "to-block") (result i32)
    try (result i32)
      block $b (result i32)
        try (result i32)
          block $c (result i32)
            try (result i32)
              i32.const 5
              call $throw-i
              i32.const 0
            delegate $b
          end
        catch_all
          i32.const 1
        end
      end
    catch_all
      i32.const 2
    end)
  (func (export "to-loop") (result i32)
    try (result i32)
      loop $l (result i32)
        try (result i32)
          i32.const 5
          call $throw-i
          i32.const 0
        delegate $l
      end
    catch_all
      i32.const 2
    end)
  ;; The label is a handler's: its own try does not protect it.
  (func (export "to-handler") (result i32)
    try (result i32)
      try $t (result i32)
        throw $e
      catch $e
        try (result i32)
          try (result i32)
            i32.const 5
            call $throw-i
            i32.const 0
          delegate $t
        catch_all
          i32.const 1
        end
      catch_all
        i32.const 2
      end
    catch_all
      i32.const 3
    end)
  ;; One delegation leads to another, past the handlers between them.
  (func (export "chain") (result i32)
    try $a (result i32)
      try $b (result i32)
        try $c (result i32)
          try $d (result i32)
            try (result i32)
              i32.const 5
              call $throw-i
              i32.const 0
            delegate $c
          catch_all
            i32.const 4
          end
        delegate $a
      catch_all
        i32.const 2
      end
    catch_all
      i32.const 1
    end)
  (func (export "nothing-thrown") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    try (param i32 i32) (result i32)
      i32.sub
    delegate 0)
  (func (export "branch-to-delegated") (param i32) (result i32)
    try $t (result i32)
      i32.const 1
      local.get 0
      br_if $t
      i32.const 2
      i32.add
    delegate 0
    i32.const 10
    i32.add)
  (func (export "unreachable-before") (result i32)
    try (result i32)
      try
        throw $e
      delegate 0
      i32.const 1
    catch_all
      i32.const 2
    end)
  ;; Into the middle of what a try_table protects.
  (func (export "to-try-table") (result i32)
    block $h
      try_table $t (catch_all $h)
        try
          try
            i32.const 5
            call $throw-i
          delegate $t
        catch_all
          i32.const 1
          return
        end
      end
      i32.const 2
      return
    end
    i32.const 3)
)
(assert_return (invoke "level" (i32.const 0)) (i32.const 30))
(assert_return (invoke "skip-one") (i32.const 20))
(assert_return (invoke "skip-two") (i32.const 10))
(assert_return (invoke "out-of-the-function") (i32.const 5))
(assert_return (invoke "to-block") (i32.const 2))
(assert_return (invoke "to-loop") (i32.const 2))
(assert_return (invoke "to-handler") (i32.const 3))
(assert_return (invoke "chain") (i32.const 1))
(assert_return (invoke "nothing-thrown" (i32.const 7) (i32.const 3)) (i32.const 4))
(assert_return (invoke "branch-to-delegated" (i32.const 0)) (i32.const 13))
(assert_return (invoke "branch-to-delegated" (i32.const 1)) (i32.const 11))
(assert_return (invoke "unreachable-before") (i32.const 2))
(assert_return (invoke "to-try-table") (i32.const 3))

;; Both proposals in one module, and one function.

(module
  (tag $i (param i32))
  (func $throw (param i32) (throw $i (local.get 0)))
  (func $legacy (param i32) (result i32)
    try (result i32)
      (call $throw (local.get 0)) (i32.const 0)
    catch $i
      (drop) (rethrow 0)
    end)
  (func (export "new-catches-legacy") (result i32)
    (block $h (result i32) (try_table (catch $i $h) (drop (call $legacy (i32.const 3)))) (unreachable)))
  (func $new (param i32)
    (block $h (result exnref) (try_table (catch_all_ref $h) (call $throw (local.get 0))) (unreachable))
    (throw_ref))
  (func (export "legacy-catches-new") (result i32)
    try (result i32)
      (call $new (i32.const 4)) (i32.const 0)
    catch $i
    end)
  (func (export "mixed") (param i32) (result i32)
    try (result i32)
      block $h (result i32)
        try_table (catch $i $h)
          try
            local.get 0
            call $throw
          catch $i
            i32.const 1
            i32.add
            local.tee 0
            i32.const 2
            i32.lt_u
            if
              rethrow 1
            end
            local.get 0
            throw $i
          end
        end
        i32.const 0
      end
      i32.const 10
      i32.mul
      call $throw
      i32.const 0
    catch $i
      i32.const 5
      i32.add
    end)
)
(assert_return (invoke "new-catches-legacy") (i32.const 3))
(assert_return (invoke "legacy-catches-new") (i32.const 4))
(assert_return (invoke "mixed" (i32.const 0)) (i32.const 5))
(assert_return (invoke "mixed" (i32.const 3)) (i32.const 45))

;; Traps pass all handlers; tail calls leave them.

(module
  (tag $i (param i32))
  (func $throw (param i32) (result i32) (throw $i (local.get 0)))
  (func $tail (param i32) (result i32)
    try (result i32)
      (return_call $throw (local.get 0))
    catch_all
      (i32.const 0)
    end)
  (func (export "trap")
    try
      (unreachable)
    catch_all
    end)
  (func (export "trap-in-handler")
    try
      (throw $i (i32.const 0))
    catch_all
      (unreachable)
    end)
  (func (export "tail") (result i32)
    try (result i32)
      (call $tail (i32.const 5))
    catch $i
    end)
  (func (export "often") (param i32) (result i32) (local i32)
    (loop $l
      try
        (drop (call $throw (local.get 0)))
      catch $i
        (local.set 1 (i32.add (local.get 1)))
      end
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
)
(assert_trap (invoke "trap") "unreachable")
(assert_trap (invoke "trap-in-handler") "unreachable")
(assert_return (invoke "tail") (i32.const 5))
(assert_return (invoke "often" (i32.const 60000)) (i32.const 1800030000))

;; What is not valid.

(assert_invalid
  (module (tag $i (param i32)) (func (result i64) try (result i64) i64.const 1 catch $i end))
  "type mismatch")
(assert_invalid (module (func try catch 0 end)) "unknown tag")
(assert_invalid (module (func try nop delegate 1)) "unknown label")
(assert_invalid (module (func block rethrow 0 end)) "invalid rethrow label")
(assert_invalid (module (func try rethrow 0 catch_all end)) "invalid rethrow label")
(assert_invalid (module (func rethrow 0)) "invalid rethrow label")
(assert_invalid (module (func rethrow 1)) "unknown label")
