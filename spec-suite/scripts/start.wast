;; Start functions: when they run, what they see, and what stays behind when they trap.

(module $log (memory (export "m") 1) (global (export "count") (mut i32) (i32.const 0))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))
(register "log" $log)

;; Segments are written before the start function runs.
(module
  (import "log" "m" (memory 1))
  (import "log" "count" (global $count (mut i32)))
  (table 1 funcref)
  (elem (i32.const 0) $seven)
  (data (i32.const 0) "\05")
  (func $seven (result i32) (i32.const 7))
  (func $start
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store8 (i32.const 1) (i32.add (i32.load8_u (i32.const 0)) (call_indirect (result i32) (i32.const 0)))))
  (start $start))
(assert_return (invoke $log "byte" (i32.const 1)) (i32.const 12))
(assert_return (get $log "count") (i32.const 1))

;; An imported function as the start function.
(module $target (global $n (export "n") (mut i32) (i32.const 0))
  (func (export "go") (global.set $n (i32.const 33))))
(register "target" $target)
(module (import "target" "go" (func $go)) (start $go))
(assert_return (get $target "n") (i32.const 33))
(module (import "spectest" "print" (func $print)) (start $print))

;; What a start function wrote before it trapped stays.
(assert_trap
  (module
    (import "log" "m" (memory 1))
    (func $start (i32.store8 (i32.const 2) (i32.const 99)) (unreachable))
    (start $start))
  "unreachable")
(assert_return (invoke $log "byte" (i32.const 2)) (i32.const 99))
;; A segment that does not fit keeps the start function from running, but not those before it from being written.
(assert_trap
  (module
    (import "log" "m" (memory 1))
    (data (i32.const 3) "\63")
    (data (i32.const 65536) "x")
    (data (i32.const 4) "\63")
    (func $start (i32.store8 (i32.const 5) (i32.const 99)))
    (start $start))
  "out of bounds memory access")
(assert_return (invoke $log "byte" (i32.const 3)) (i32.const 99))
(assert_return (invoke $log "byte" (i32.const 4)) (i32.const 0))
(assert_return (invoke $log "byte" (i32.const 5)) (i32.const 0))
(assert_trap (module (func $f (call $f)) (start $f)) "call stack exhausted")
(assert_trap (module (func $f (drop (i32.div_s (i32.const 1) (i32.const 0)))) (start $f)) "integer divide by zero")
(assert_invalid (module (func $f (param i32)) (start $f)) "start function")
(assert_invalid (module (func $f (result i32) (i32.const 1)) (start $f)) "start function")
(assert_invalid (module (func) (start 1)) "unknown function")
