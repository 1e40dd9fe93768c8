;; What each probe wants is what its export can reach, no more.
;; = fn:a.constant:entry is fn:a.constant:entry args [0, 2]
;; = fn:a.computed:entry is fn:a.computed:entry args [] any_arg
;; = fn:a.negative:entry is fn:a.negative:entry args [] any_arg
;; = fn:a.path:entry is fn:a.path:entry args [3]
;; = fn:a.elapsed:exit is fn:a.elapsed:exit args [] elapsed
;; = fn:a.local:exit is fn:a.local:exit args [] any_arg
;; = fn:a.through:exit is fn:a.through:exit args [] slots emits
;; = fn:a.nothing:return is fn:a.nothing:return args []
(module
  (import "probe1" "arg" (func $arg (param i32) (result i64)))
  (import "probe1.get" "arg3.user[\"first name\"]" (func $name (result i64)))
  (import "probe1.get" "$elapsed" (func $elapsed (result i64)))
  (import "probe1.get" "total" (func $local (result i64)))
  (import "probe1.slot" "t" (func $slot (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1" "retval" (func $retval (result i64)))
  (func (export "fn:a.constant:entry") (drop (call $arg (i32.const 2))) (drop (call $arg (i32.const 0))))
  (func (export "fn:a.computed:entry") (local i32) (drop (call $arg (local.get 0))))
  (func (export "fn:a.negative:entry") (drop (call $arg (i32.const -1))))
  (func (export "fn:a.path:entry") (drop (call $name)))
  (func (export "fn:a.elapsed:exit") (drop (call $elapsed)))
  (func (export "fn:a.local:exit") (drop (call $local)))
  (func (export "fn:a.through:exit") (call $deeper))
  (func $deeper (call $deepest))
  (func $deepest (call $deeper) (drop (call $slot)) (drop (call $emit)))
  (func (export "fn:a.nothing:return") (drop (call $retval))))
